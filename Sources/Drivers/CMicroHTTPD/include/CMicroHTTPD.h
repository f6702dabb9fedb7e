#pragma once
#include <microhttpd.h>

/// What a server is started with. Strings need to live only as long as the call.
struct cmicrohttpd_settings {
    int listener;              // a bound and listening socket
    int is_ipv6;
    unsigned int connection_limit;
    unsigned int connections_per_address;  // 0: no limit
    unsigned int idle_seconds;             // 0: for ever
    size_t connection_memory;
    const char *certificate_pem;  // NULL: no TLS
    const char *key_pem;
    void *context;  // first argument of the callbacks
};

/// Starts the daemon, which works when `MHD_run` is called; NULL where the library refuses.
struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_settings *settings, MHD_AccessHandlerCallback handler,
    MHD_RequestCompletedCallback completed);

/// Becomes readable when `MHD_run` has something to do.
int cmicrohttpd_epoll(struct MHD_Daemon *daemon);
/// How long the next `MHD_run` may wait for that; -1: for ever.
int64_t cmicrohttpd_wait_milliseconds(struct MHD_Daemon *daemon);

/// Opens a listening socket, and tells its port; -1 with `errno` set, or -2 for an unknown host.
int cmicrohttpd_listen(const char *host, uint16_t port, uint16_t *bound_port, int *is_ipv6);

/// The connection's socket; -1 where there is none.
int cmicrohttpd_socket(struct MHD_Connection *connection);

/// Writes the peer's numeric address, zero-terminated; 0 where there is none.
int cmicrohttpd_peer(struct MHD_Connection *connection, char *text, size_t capacity);

/// Sends the body without chunks, and closes the connection after it.
void cmicrohttpd_without_chunks(struct MHD_Response *response);

/// Ends the TCP connection with RST at once, whatever was queued.
void cmicrohttpd_reset(int socket);
/// Makes the later close of this socket an RST.
void cmicrohttpd_reset_on_close(int socket);
/// Whether the peer has closed its side or the connection is broken.
int cmicrohttpd_peer_left(int socket);

static const uint64_t cmicrohttpd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t cmicrohttpd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmicrohttpd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;
