#pragma once
// The part of libwebsockets that the driver uses, with its structures filled in on this side.
// The library's own header stays in the .c file: it would bring OpenSSL's into every importer.
#include <stddef.h>
#include <stdint.h>

struct lws;
struct lws_context;

/// What happens to a connection, on the thread that runs `cws_service`.
enum cws_event {
    /// A TCP connection has come; a result other than 0 refuses it. There is no `wsi` yet.
    CWS_ACCEPTING,
    /// A client asks for an upgrade: headers can be read now; a result other than 0 refuses it.
    CWS_REQUESTED,
    /// Our own request is being written: `bytes` is for `cws_append_header`.
    CWS_REQUESTING,
    CWS_OPENED,
    /// A piece of a message; -1 closes the connection.
    CWS_RECEIVED,
    /// Something can be written; -1 closes the connection.
    CWS_WRITABLE,
    /// The peer has sent a close frame; `bytes` are its code and reason.
    CWS_PEER_CLOSES,
    /// No connection came about; `bytes` say why.
    CWS_FAILED,
    CWS_CLOSED,
    /// The last event of each `wsi`.
    CWS_GONE,
};
typedef int (*cws_callback)(
    void *loop, struct lws *wsi, void *link, enum cws_event event, void *bytes, size_t count);

struct cws_idle;
/// When to ping a silent peer, and when to give it up; freed with `free`, after its connections.
struct cws_idle *cws_idle_policy(uint16_t ping_seconds, uint16_t lost_seconds);

/// The library's version.
const char *cws_version(void);

/// A context, to be used by one thread; NULL without resources. `ca_file` NULL: no TLS client.
struct lws_context *cws_create(
    cws_callback callback, void *loop, const char *ca_file, unsigned int handshake_seconds);
/// Closes all connections (`CWS_CLOSED`, `CWS_GONE`), and frees the context.
void cws_destroy(struct lws_context *context);
/// Waits for events and calls back; negative once the context can no longer be used.
int cws_service(struct lws_context *context);
/// Makes `cws_service` return; from any thread.
void cws_wake(struct lws_context *context);

/// Listens on an IP address (NULL: on all); the port, or -1. PEM texts NULL: no TLS.
int cws_listen(
    struct lws_context *context, const char *address, int is_ipv6, int port,
    const char *certificate_pem, const char *key_pem, const struct cws_idle *idle);
/// Begins a connection from `local_address` (NULL: whichever); NULL where it has failed already.
struct lws *cws_connect(
    struct lws_context *context, void *link, const char *address, const char *local_address,
    const char *host_header, int port, const char *path, int uses_tls, const struct cws_idle *idle);
int cws_append_header(void *bytes, size_t count, const char *name, const char *value);

void cws_set_link(struct lws *wsi, void *link);
/// The request's path, decoded; the length, or -1.
int cws_path(struct lws *wsi, char *text, int capacity);
/// The decoded `name=value` number `index` of the query; -1 after the last.
int cws_query(struct lws *wsi, int index, char *text, int capacity);
/// A header the library knows, by number, its name with a colon; -1 absent, -2 after the last.
int cws_header(struct lws *wsi, int index, const char **name, char *text, int capacity);
/// A header by its name in lower case with a colon; -1 absent.
int cws_custom_header(struct lws *wsi, const char *name, char *text, int capacity);
void cws_peer(struct lws *wsi, char *text, size_t capacity);

int cws_is_first(struct lws *wsi);
int cws_is_last(struct lws *wsi);
int cws_is_binary(struct lws *wsi);
/// Any sign of life counts against the idle policy.
void cws_confirm_life(struct lws *wsi);
void cws_pause_reading(struct lws *wsi, int pauses);

void cws_ask_writable(struct lws *wsi);
int cws_is_choked(struct lws *wsi);
/// The bytes that must be free before what `cws_write` is given.
extern const size_t cws_padding;
/// Sends one whole message; what the socket does not take now, the library keeps. Negative: lost.
int cws_write(struct lws *wsi, uint8_t *message, size_t count, int is_binary);
/// What the close frame will say when the callback now returns -1.
void cws_close_reason(struct lws *wsi, int code, const uint8_t *reason, size_t count);
/// Gives the connection up after some seconds, with the library's usual good manners.
void cws_give_up_after(struct lws *wsi, int seconds);
/// Breaks the connection now.
void cws_break(struct lws *wsi);

/// Runs `body` on a detached thread; 0, or an error number.
int cws_start_thread(const char *name, void (*body)(void *), void *argument);
/// Numeric addresses of a host, at every 64 bytes of `addresses`; how many, 0 where it is unknown.
int cws_resolve(const char *host, char *addresses, int capacity);
/// 4 or 6 for a numeric address, otherwise 0.
int cws_address_family(const char *address);
