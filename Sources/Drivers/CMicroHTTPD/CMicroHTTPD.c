#define _GNU_SOURCE
#include "CMicroHTTPD.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Percent-decoding is done by the caller, which refuses what is not valid; here it would be lenient.
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_settings *settings, MHD_AccessHandlerCallback handler,
    MHD_RequestCompletedCallback completed) {
    struct MHD_OptionItem extra[8] = {{MHD_OPTION_END, 0, NULL}};
    int count = 0;
    if (settings->certificate_pem) {
        extra[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->certificate_pem};
        extra[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key_pem};
    }
    extra[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};

    // Without the library's own thread: that one drains epoll 128 events at a time, and where their
    // number is a multiple of 128, it sleeps on its long timeout before it looks at any of them
    // (MHD_epoll in 0.9.75). Called by MHD_run, the same loop does not sleep.
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    if (settings->is_ipv6) flags |= MHD_USE_DUAL_STACK;
    if (settings->certificate_pem) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, settings->context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)settings->listener,
        MHD_OPTION_NOTIFY_COMPLETED, completed, settings->context,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, extra,
        MHD_OPTION_END);
}

int cmicrohttpd_epoll(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

int64_t cmicrohttpd_wait_milliseconds(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (MHD_get_timeout(daemon, &wait) != MHD_YES) return -1;
    return wait > INT32_MAX ? INT32_MAX : (int64_t)wait;
}

static int listen_on(const struct addrinfo *address) {
    int listener = socket(
        address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
    if (listener < 0) return -1;
    int yes = 1, no = 0;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->ai_family == AF_INET6)
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(listener, address->ai_addr, address->ai_addrlen) == 0 && listen(listener, SOMAXCONN) == 0)
        return listener;
    int kept = errno;
    close(listener);
    errno = kept;
    return -1;
}

int cmicrohttpd_listen(const char *host, uint16_t port, uint16_t *bound_port, int *is_ipv6) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    if (getaddrinfo(host, service, &hints, &addresses) != 0) return -2;
    int listener = -1;
    for (struct addrinfo *one = addresses; one && listener < 0; one = one->ai_next) {
        listener = listen_on(one);
        *is_ipv6 = one->ai_family == AF_INET6;
    }
    int kept = errno;
    freeaddrinfo(addresses);
    errno = kept;
    if (listener < 0) return -1;
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    getsockname(listener, (struct sockaddr *)&bound, &length);
    *bound_port = ntohs(
        *is_ipv6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
    return listener;
}

int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

int cmicrohttpd_peer(struct MHD_Connection *connection, char *text, size_t capacity) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr) return 0;
    const struct sockaddr *address = info->client_addr;
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((struct sockaddr_in *)address)->sin_addr, text, capacity) != NULL;
    if (address->sa_family != AF_INET6) return 0;
    const struct in6_addr *six = &((struct sockaddr_in6 *)address)->sin6_addr;
    // An IPv4 peer of a dual-stack listener keeps its IPv4 spelling.
    if (IN6_IS_ADDR_V4MAPPED(six)) return inet_ntop(AF_INET, &six->s6_addr[12], text, capacity) != NULL;
    return inet_ntop(AF_INET6, six, text, capacity) != NULL;
}

void cmicrohttpd_without_chunks(struct MHD_Response *response) {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

void cmicrohttpd_reset(int descriptor) {
    cmicrohttpd_reset_on_close(descriptor);
    // The library calls shutdown() before close(), and that would send FIN. Dissolving the
    // association sends RST at once.
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    connect(descriptor, &none, sizeof none);
}

void cmicrohttpd_reset_on_close(int descriptor) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int cmicrohttpd_peer_left(int descriptor) {
    struct pollfd polled = {.fd = descriptor, .events = POLLRDHUP};
    return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}
