#define _GNU_SOURCE
#include "CWebSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const size_t cws_padding = LWS_PRE;

struct cws_idle {
    lws_retry_bo_t policy;
};

// What a context needs for as long as it lives.
struct core {
    cws_callback callback;
    void *loop;
    struct lws_protocols protocols[2];
    struct lws_vhost *client_vhost;
    unsigned int handshake_seconds;
};

static int dispatch(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct lws_context *context = wsi ? lws_get_context(wsi) : NULL;
    struct core *core = context ? lws_context_user(context) : NULL;
    enum cws_event event;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: event = CWS_ACCEPTING; break;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: event = CWS_REQUESTED; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: event = CWS_REQUESTING; break;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED: event = CWS_OPENED; break;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE: event = CWS_RECEIVED; break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE: event = CWS_WRITABLE; break;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: event = CWS_PEER_CLOSES; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: event = CWS_FAILED; break;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED: event = CWS_CLOSED; break;
    case LWS_CALLBACK_WSI_DESTROY: event = CWS_GONE; break;
    // Our headers, which may hold a token, go nowhere else.
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT: return 1;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
    if (!core || !core->callback) return 0;
    void *link = event == CWS_ACCEPTING ? NULL : lws_get_opaque_user_data(wsi);
    return core->callback(core->loop, wsi, link, event, in, len);
}

struct cws_idle *cws_idle_policy(uint16_t ping_seconds, uint16_t lost_seconds) {
    struct cws_idle *idle = calloc(1, sizeof *idle);
    if (!idle) return NULL;
    idle->policy.secs_since_valid_ping = ping_seconds;
    idle->policy.secs_since_valid_hangup = lost_seconds;
    return idle;
}

// Each context that initialises TLS gives new numbers to the slots in which the library finds its
// connections again (4.1), and so breaks the handshakes of all others that are under way. So one
// context does it, once, and stays for as long as the process.
static void initialise_once(void) {
    lws_set_log_level(0, NULL);
    struct lws_context_creation_info info = {0};
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.fd_limit_per_thread = 16;
    static struct lws_context *kept;
    kept = lws_create_context(&info);
}

static void set_common(struct lws_context_creation_info *info, struct core *core) {
    info->protocols = core->protocols;
    info->options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info->timeout_secs = core->handshake_seconds;
    info->connect_timeout_secs = core->handshake_seconds;
    // Access tokens in headers and queries are long.
    info->max_http_header_data = 16384;
    info->pt_serv_buf_size = 65536;
    // The other choice, HTTP/2, has no use here.
    info->alpn = "http/1.1";
}

static int make_client_vhost(struct lws_context *context, struct core *core, const char *ca_file) {
    struct lws_context_creation_info info = {0};
    set_common(&info, core);
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;  // here it means: with TLS
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.vhost_name = "client";
    info.client_ssl_ca_filepath = ca_file;
    core->client_vhost = lws_create_vhost(context, &info);
    return core->client_vhost != NULL;
}

struct lws_context *cws_create(
    cws_callback callback, void *loop, const char *ca_file, unsigned int handshake_seconds) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialise_once);
    struct core *core = calloc(1, sizeof *core);
    if (!core) return NULL;
    core->callback = callback;
    core->loop = loop;
    core->handshake_seconds = handshake_seconds;
    core->protocols[0] = (struct lws_protocols){
        .name = "messages", .callback = dispatch, .rx_buffer_size = 16384, .tx_packet_size = 65536};
    struct lws_context_creation_info info = {0};
    set_common(&info, core);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.user = core;
    // The library makes two tables as long as the limit of open files, which may be in the billions.
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 1 << 20)
        info.fd_limit_per_thread = 1 << 16;
    struct lws_context *context = lws_create_context(&info);
    if (!context) {
        free(core);
        return NULL;
    }
    if (!ca_file || make_client_vhost(context, core, ca_file)) return context;
    cws_destroy(context);
    return NULL;
}

void cws_destroy(struct lws_context *context) {
    struct core *core = lws_context_user(context);
    lws_context_destroy(context);
    free(core);
}

int cws_service(struct lws_context *context) { return lws_service(context, 0); }
void cws_wake(struct lws_context *context) { lws_cancel_service(context); }

int cws_listen(
    struct lws_context *context, const char *address, int is_ipv6, int port,
    const char *certificate_pem, const char *key_pem, const struct cws_idle *idle) {
    struct core *core = lws_context_user(context);
    struct lws_context_creation_info info = {0};
    set_common(&info, core);
    info.options |= LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    // With TLS a vhost also gets a client's TLS context, with all the system's authorities; 4.1 never
    // frees them. So only where it must be.
    if (certificate_pem) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (!is_ipv6) info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info.vhost_name = "server";
    info.iface = address;
    info.port = port;
    info.retry_and_idle_policy = &idle->policy;
    if (certificate_pem) {
        info.server_ssl_cert_mem = certificate_pem;
        info.server_ssl_cert_mem_len = strlen(certificate_pem);
        info.server_ssl_private_key_mem = key_pem;
        info.server_ssl_private_key_mem_len = strlen(key_pem);
    }
    struct lws_vhost *vhost = lws_create_vhost(context, &info);
    if (!vhost) return -1;
    int bound = lws_get_vhost_listen_port(vhost);
    return bound > 0 ? bound : -1;
}

struct lws *cws_connect(
    struct lws_context *context, void *link, const char *address, const char *local_address,
    const char *host_header, int port, const char *path, int uses_tls, const struct cws_idle *idle) {
    struct core *core = lws_context_user(context);
    struct lws_client_connect_info info = {0};
    info.context = context;
    info.vhost = core->client_vhost;
    info.address = address;
    info.iface = local_address;
    info.host = host_header;
    info.port = port;
    info.path = path;
    info.ssl_connection = uses_tls ? LCCSCF_USE_SSL : 0;
    info.local_protocol_name = core->protocols[0].name;
    info.ietf_version_or_minus_one = -1;
    info.alpn = "http/1.1";
    info.opaque_user_data = link;
    info.retry_and_idle_policy = &idle->policy;
    return lws_client_connect_via_info(&info);
}

int cws_append_header(void *bytes, size_t count, const char *name, const char *value) {
    char **position = bytes;
    int length = snprintf(*position, count, "%s: %s\r\n", name, value);
    if (length < 0 || (size_t)length >= count) return -1;
    *position += length;
    return length;
}

void cws_set_link(struct lws *wsi, void *link) { lws_set_opaque_user_data(wsi, link); }

int cws_path(struct lws *wsi, char *text, int capacity) {
    return lws_hdr_copy(wsi, text, capacity, WSI_TOKEN_GET_URI);
}

int cws_query(struct lws *wsi, int index, char *text, int capacity) {
    return lws_hdr_copy_fragment(wsi, text, capacity, WSI_TOKEN_HTTP_URI_ARGS, index);
}

int cws_header(struct lws *wsi, int index, const char **name, char *text, int capacity) {
    if (index >= WSI_TOKEN_COUNT) return -2;
    *name = (const char *)lws_token_to_string((enum lws_token_indexes)index);
    size_t length = *name ? strlen(*name) : 0;
    if (length < 2 || (*name)[length - 1] != ':') return -1;
    if (lws_hdr_total_length(wsi, (enum lws_token_indexes)index) <= 0) return -1;
    return lws_hdr_copy(wsi, text, capacity, (enum lws_token_indexes)index);
}

int cws_custom_header(struct lws *wsi, const char *name, char *text, int capacity) {
    return lws_hdr_custom_copy(wsi, text, capacity, name, (int)strlen(name));
}

void cws_peer(struct lws *wsi, char *text, size_t capacity) {
    text[0] = 0;
    lws_get_peer_simple(wsi, text, capacity);
}

int cws_is_first(struct lws *wsi) { return lws_is_first_fragment(wsi); }
int cws_is_last(struct lws *wsi) { return lws_is_final_fragment(wsi); }
int cws_is_binary(struct lws *wsi) { return lws_frame_is_binary(wsi); }
void cws_confirm_life(struct lws *wsi) { lws_validity_confirmed(wsi); }
void cws_pause_reading(struct lws *wsi, int pauses) { lws_rx_flow_control(wsi, !pauses); }
void cws_ask_writable(struct lws *wsi) { lws_callback_on_writable(wsi); }
int cws_is_choked(struct lws *wsi) { return lws_send_pipe_choked(wsi); }

int cws_write(struct lws *wsi, uint8_t *message, size_t count, int is_binary) {
    return lws_write(wsi, message, count, is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
}

void cws_close_reason(struct lws *wsi, int code, const uint8_t *reason, size_t count) {
    lws_close_reason(wsi, (enum lws_close_status)code, (unsigned char *)reason, count);
}

void cws_give_up_after(struct lws *wsi, int seconds) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, seconds);
}

void cws_break(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

struct start {
    void (*body)(void *);
    void *argument;
    char name[16];
};

static void *run(void *pointer) {
    struct start start = *(struct start *)pointer;
    free(pointer);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.argument);
    return NULL;
}

int cws_start_thread(const char *name, void (*body)(void *), void *argument) {
    struct start *start = calloc(1, sizeof *start);
    if (!start) return ENOMEM;
    start->body = body;
    start->argument = argument;
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_t thread;
    int code = pthread_create(&thread, NULL, run, start);
    if (code == 0) pthread_detach(thread);
    else free(start);
    return code;
}

int cws_resolve(const char *host, char *addresses, int capacity) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    if (cws_address_family(host)) hints.ai_flags = AI_NUMERICHOST;
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return 0;
    int count = 0;
    for (struct addrinfo *one = found; one && count < capacity; one = one->ai_next)
        if (getnameinfo(one->ai_addr, one->ai_addrlen, addresses + 64 * count, 64, NULL, 0, NI_NUMERICHOST) == 0)
            count++;
    freeaddrinfo(found);
    return count;
}

int cws_address_family(const char *address) {
    unsigned char bytes[16];
    if (inet_pton(AF_INET, address, bytes) == 1) return 4;
    return inet_pton(AF_INET6, address, bytes) == 1 ? 6 : 0;
}

const char *cws_version(void) { return lws_get_library_version(); }
