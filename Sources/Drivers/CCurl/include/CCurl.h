#pragma once
#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Swift cannot call functions with variable arguments: one shim for each kind of argument.

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);
typedef int (*ccurl_seek_callback)(void *context, curl_off_t offset, int origin);
typedef int (*ccurl_prereq_callback)(void *context, char *remote, char *local, int remote_port,
                                     int local_port);

/// Sets what libcurl calls for this transfer, each with the same context.
void ccurl_set_callbacks(CURL *easy, void *context, ccurl_data_callback read,
                         ccurl_seek_callback seek, ccurl_data_callback write,
                         ccurl_data_callback header, ccurl_prereq_callback before_request);

/// A number that libcurl knows of the transfer; 0 where it knows none.
long ccurl_info_long(CURL *easy, CURLINFO info);
/// What was set as CURLOPT_PRIVATE.
void *ccurl_private(CURL *easy);

typedef int (*ccurl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context,
                                     void *socket_context);
typedef int (*ccurl_timer_callback)(CURLM *multi, long milliseconds, void *context);

/// Sets what libcurl calls when it wants a socket or a time watched.
void ccurl_multi_set_callbacks(CURLM *multi, void *context, ccurl_socket_callback socket,
                               ccurl_timer_callback timer);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);

/// Names the calling thread; Linux keeps the first 15 bytes.
void ccurl_name_this_thread(const char *name);
