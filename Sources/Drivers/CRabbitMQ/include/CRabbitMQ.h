#pragma once
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What Swift cannot import of librabbitmq (unions, macros with casts), in plain structs.
   Byte ranges point into the connection's memory: copy them before the next call. */

/* Whether a call was done, and who said no. */
typedef struct {
    /* 0: done; otherwise a negative status of the library, or 1: the server said no. */
    int status;
    /* The server's reply code, such as 406; 0 where the library failed. */
    uint16_t code;
    amqp_bytes_t text;
} crabbit_reply;

typedef enum {
    CRABBIT_NOTHING,
    CRABBIT_ACK,
    CRABBIT_NACK,
    CRABBIT_RETURN,
    CRABBIT_DELIVER,
    CRABBIT_HEADER,
    CRABBIT_BODY,
    CRABBIT_CANCEL,
    CRABBIT_CANCEL_OK,
    CRABBIT_BLOCKED,
    CRABBIT_UNBLOCKED,
    CRABBIT_CLOSE,
    CRABBIT_OTHER,
} crabbit_kind;

/* One frame; which fields mean something depends on the kind. */
typedef struct {
    crabbit_kind kind;
    uint64_t tag;
    bool multiple;
    bool redelivered;
    uint16_t code;
    amqp_bytes_t text;
    amqp_bytes_t exchange;
    amqp_bytes_t routing_key;
    uint64_t body_size;
    const amqp_basic_properties_t *properties;
    amqp_bytes_t fragment;
} crabbit_frame;

/* TLS of a connection; a null file is not set. */
typedef struct {
    bool is_on;
    bool verifies;
    const char *ca_file;
    const char *certificate_file;
    const char *key_file;
} crabbit_tls;

/* Connects the socket within the time; 0 or a negative status. */
int crabbit_open(amqp_connection_state_t connection, const char *host, int port, int milliseconds,
                 crabbit_tls tls);
/* Logs in within the time, naming the connection and saying which extensions we understand. */
crabbit_reply crabbit_login(amqp_connection_state_t connection, const char *vhost, int heartbeat,
                            const char *user, const char *password, const char *name,
                            int milliseconds);
/* Sets the limit for calls that wait for an answer. */
int crabbit_limit_calls(amqp_connection_state_t connection, int milliseconds);
/* The answer to the last call. */
crabbit_reply crabbit_last_reply(amqp_connection_state_t connection);
/* Sets how long unacknowledged bytes may stay in flight before the socket is dead. */
void crabbit_limit_silence(int descriptor, int milliseconds);

/* The next frame, without waiting; also sends heartbeats when due. 0 or a negative status. */
int crabbit_next_frame(amqp_connection_state_t connection, crabbit_frame *frame);
/* Asks the server to stop delivering; the answer comes as a frame. 0 or a negative status. */
int crabbit_cancel(amqp_connection_state_t connection, amqp_channel_t channel, amqp_bytes_t tag);
/* Publishes by the library, mandatory, with properties that are encoded already. */
int crabbit_publish(amqp_connection_state_t connection, amqp_channel_t channel,
                    amqp_bytes_t exchange, amqp_bytes_t routing_key, amqp_bytes_t properties,
                    amqp_bytes_t body);
/* Gets one message; 1: got, 0: the queue is empty, otherwise a negative status. The caller
   destroys the message. */
int crabbit_get(amqp_connection_state_t connection, amqp_channel_t channel, amqp_bytes_t queue,
                crabbit_frame *frame, amqp_message_t *message, crabbit_reply *reply);

/* A table of queue arguments; keys and values must outlive it. */
typedef struct {
    amqp_table_entry_t entries[16];
    int count;
} crabbit_table;
void crabbit_table_add_text(crabbit_table *table, const char *key, const char *value);
void crabbit_table_add_number(crabbit_table *table, const char *key, int64_t value);
void crabbit_table_add_flag(crabbit_table *table, const char *key, bool value);
/* Declares a durable or passing queue with these arguments. */
crabbit_reply crabbit_declare_queue(amqp_connection_state_t connection, amqp_channel_t channel,
                                    const char *name, bool durable, crabbit_table *arguments);
/* Asks how many messages are ready, declaring nothing; negative: see the reply. */
int64_t crabbit_count(amqp_connection_state_t connection, amqp_channel_t channel, const char *name,
                      crabbit_reply *reply);

/* A header's value as text or number. */
typedef enum { CRABBIT_TEXT, CRABBIT_NUMBER, CRABBIT_FLAG, CRABBIT_UNREADABLE } crabbit_value_kind;
typedef struct {
    crabbit_value_kind kind;
    amqp_bytes_t key;
    amqp_bytes_t text;
    int64_t number;
} crabbit_header;
/* The header at an index below properties->headers.num_entries. */
crabbit_header crabbit_header_at(const amqp_basic_properties_t *properties, int index);
bool crabbit_has_headers(const amqp_basic_properties_t *properties);
/* Null ranges where a property is absent. */
amqp_bytes_t crabbit_correlation_id(const amqp_basic_properties_t *properties);
amqp_bytes_t crabbit_message_id(const amqp_basic_properties_t *properties);
