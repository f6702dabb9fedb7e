#include "CRabbitMQ.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static const amqp_bytes_t no_bytes = {0, NULL};

static struct timeval time_of(int milliseconds) {
    struct timeval time = {milliseconds / 1000, (milliseconds % 1000) * 1000};
    return time;
}

static crabbit_reply reply_of(amqp_rpc_reply_t reply) {
    crabbit_reply result = {0, 0, no_bytes};
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return result;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
        result.status = reply.library_error < 0 ? reply.library_error : AMQP_STATUS_SOCKET_CLOSED;
        return result;
    }
    if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) {
        result.status = AMQP_STATUS_UNEXPECTED_STATE;
        return result;
    }
    result.status = 1;
    if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        amqp_channel_close_t *close = reply.reply.decoded;
        result.code = close->reply_code;
        result.text = close->reply_text;
    } else if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        amqp_connection_close_t *close = reply.reply.decoded;
        result.code = close->reply_code;
        result.text = close->reply_text;
    }
    return result;
}

static int set_up_tls(amqp_socket_t *socket, crabbit_tls tls) {
    /* With the peer's certificate unverified a host name proves nothing. */
    amqp_ssl_socket_set_verify_peer(socket, tls.verifies);
    amqp_ssl_socket_set_verify_hostname(socket, tls.verifies);
    int status = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    if (status == 0 && tls.ca_file) status = amqp_ssl_socket_set_cacert(socket, tls.ca_file);
    if (status == 0 && tls.certificate_file && tls.key_file) {
        status = amqp_ssl_socket_set_key(socket, tls.certificate_file, tls.key_file);
    }
    return status;
}

int crabbit_open(amqp_connection_state_t connection, const char *host, int port, int milliseconds,
                 crabbit_tls tls) {
    amqp_socket_t *socket =
        tls.is_on ? amqp_ssl_socket_new(connection) : amqp_tcp_socket_new(connection);
    if (!socket) return AMQP_STATUS_NO_MEMORY;
    if (tls.is_on) {
        int status = set_up_tls(socket, tls);
        if (status != 0) return status;
    }
    struct timeval limit = time_of(milliseconds);
    return amqp_socket_open_noblock(socket, host, port, &limit);
}

static amqp_table_entry_t flag_entry(const char *key) {
    amqp_table_entry_t entry;
    memset(&entry, 0, sizeof entry);
    entry.key = amqp_cstring_bytes(key);
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = 1;
    return entry;
}

crabbit_reply crabbit_login(amqp_connection_state_t connection, const char *vhost, int heartbeat,
                            const char *user, const char *password, const char *name,
                            int milliseconds) {
    struct timeval limit = time_of(milliseconds);
    amqp_set_handshake_timeout(connection, &limit);
    amqp_table_entry_t able[] = {
        flag_entry("authentication_failure_close"), flag_entry("basic.nack"),
        flag_entry("connection.blocked"),           flag_entry("consumer_cancel_notify"),
        flag_entry("publisher_confirms"),
    };
    amqp_table_entry_t about[2];
    memset(about, 0, sizeof about);
    about[0].key = amqp_cstring_bytes("connection_name");
    about[0].value.kind = AMQP_FIELD_KIND_UTF8;
    about[0].value.value.bytes = amqp_cstring_bytes(name);
    about[1].key = amqp_cstring_bytes("capabilities");
    about[1].value.kind = AMQP_FIELD_KIND_TABLE;
    about[1].value.value.table.num_entries = sizeof able / sizeof able[0];
    about[1].value.value.table.entries = able;
    amqp_table_t properties = {2, about};
    return reply_of(amqp_login_with_properties(connection, vhost, 0, AMQP_DEFAULT_FRAME_SIZE,
                                               heartbeat, &properties, AMQP_SASL_METHOD_PLAIN,
                                               user, password));
}

int crabbit_limit_calls(amqp_connection_state_t connection, int milliseconds) {
    struct timeval limit = time_of(milliseconds);
    return amqp_set_rpc_timeout(connection, &limit);
}

crabbit_reply crabbit_last_reply(amqp_connection_state_t connection) {
    return reply_of(amqp_get_rpc_reply(connection));
}

void crabbit_limit_silence(int descriptor, int milliseconds) {
    /* Best effort: without it the heartbeats find out, only later. */
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static void read_method(amqp_method_t method, crabbit_frame *frame) {
    switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
        amqp_basic_ack_t *ack = method.decoded;
        frame->kind = CRABBIT_ACK;
        frame->tag = ack->delivery_tag;
        frame->multiple = ack->multiple;
        return;
    }
    case AMQP_BASIC_NACK_METHOD: {
        amqp_basic_nack_t *nack = method.decoded;
        frame->kind = CRABBIT_NACK;
        frame->tag = nack->delivery_tag;
        frame->multiple = nack->multiple;
        return;
    }
    case AMQP_BASIC_RETURN_METHOD: {
        amqp_basic_return_t *returned = method.decoded;
        frame->kind = CRABBIT_RETURN;
        frame->code = returned->reply_code;
        frame->text = returned->reply_text;
        return;
    }
    case AMQP_BASIC_DELIVER_METHOD: {
        amqp_basic_deliver_t *delivery = method.decoded;
        frame->kind = CRABBIT_DELIVER;
        frame->tag = delivery->delivery_tag;
        frame->redelivered = delivery->redelivered;
        frame->exchange = delivery->exchange;
        frame->routing_key = delivery->routing_key;
        return;
    }
    case AMQP_CHANNEL_CLOSE_METHOD: {
        amqp_channel_close_t *close = method.decoded;
        frame->kind = CRABBIT_CLOSE;
        frame->code = close->reply_code;
        frame->text = close->reply_text;
        return;
    }
    case AMQP_CONNECTION_CLOSE_METHOD: {
        amqp_connection_close_t *close = method.decoded;
        frame->kind = CRABBIT_CLOSE;
        frame->code = close->reply_code;
        frame->text = close->reply_text;
        return;
    }
    case AMQP_CONNECTION_BLOCKED_METHOD: {
        amqp_connection_blocked_t *blocked = method.decoded;
        frame->kind = CRABBIT_BLOCKED;
        frame->text = blocked->reason;
        return;
    }
    case AMQP_CONNECTION_UNBLOCKED_METHOD: frame->kind = CRABBIT_UNBLOCKED; return;
    case AMQP_BASIC_CANCEL_METHOD: frame->kind = CRABBIT_CANCEL; return;
    case AMQP_BASIC_CANCEL_OK_METHOD: frame->kind = CRABBIT_CANCEL_OK; return;
    default: return;
    }
}

int crabbit_next_frame(amqp_connection_state_t connection, crabbit_frame *frame) {
    memset(frame, 0, sizeof *frame);
    amqp_frame_t read;
    struct timeval now = {0, 0};
    int status = amqp_simple_wait_frame_noblock(connection, &read, &now);
    if (status == AMQP_STATUS_TIMEOUT) return AMQP_STATUS_OK;
    if (status != AMQP_STATUS_OK) return status;
    frame->kind = CRABBIT_OTHER;
    switch (read.frame_type) {
    case AMQP_FRAME_METHOD: read_method(read.payload.method, frame); break;
    case AMQP_FRAME_HEADER:
        frame->kind = CRABBIT_HEADER;
        frame->body_size = read.payload.properties.body_size;
        frame->properties = read.payload.properties.decoded;
        break;
    case AMQP_FRAME_BODY:
        frame->kind = CRABBIT_BODY;
        frame->fragment = read.payload.body_fragment;
        break;
    default: break;
    }
    return AMQP_STATUS_OK;
}

int crabbit_cancel(amqp_connection_state_t connection, amqp_channel_t channel, amqp_bytes_t tag) {
    amqp_basic_cancel_t cancel = {tag, 0};
    return amqp_send_method(connection, channel, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

int crabbit_publish(amqp_connection_state_t connection, amqp_channel_t channel,
                    amqp_bytes_t exchange, amqp_bytes_t routing_key, amqp_bytes_t properties,
                    amqp_bytes_t body) {
    amqp_pool_t pool;
    void *decoded = NULL;
    init_amqp_pool(&pool, 4096);
    int status = amqp_decode_properties(AMQP_BASIC_CLASS, &pool, properties, &decoded);
    if (status == AMQP_STATUS_OK) {
        status = amqp_basic_publish(connection, channel, exchange, routing_key, 1, 0, decoded, body);
    }
    empty_amqp_pool(&pool);
    return status;
}

int crabbit_get(amqp_connection_state_t connection, amqp_channel_t channel, amqp_bytes_t queue,
                crabbit_frame *frame, amqp_message_t *message, crabbit_reply *reply) {
    memset(frame, 0, sizeof *frame);
    amqp_rpc_reply_t answer = amqp_basic_get(connection, channel, queue, 0);
    *reply = reply_of(answer);
    if (reply->status != 0) return -1;
    if (answer.reply.id != AMQP_BASIC_GET_OK_METHOD) return 0;
    amqp_basic_get_ok_t *got = answer.reply.decoded;
    frame->kind = CRABBIT_DELIVER;
    frame->tag = got->delivery_tag;
    frame->redelivered = got->redelivered;
    frame->exchange = got->exchange;
    frame->routing_key = got->routing_key;
    *reply = reply_of(amqp_read_message(connection, channel, message, 0));
    return reply->status == 0 ? 1 : -1;
}

static amqp_table_entry_t *next_entry(crabbit_table *table, const char *key) {
    if (table->count >= (int)(sizeof table->entries / sizeof table->entries[0])) return NULL;
    amqp_table_entry_t *entry = &table->entries[table->count++];
    memset(entry, 0, sizeof *entry);
    entry->key = amqp_cstring_bytes(key);
    return entry;
}

void crabbit_table_add_text(crabbit_table *table, const char *key, const char *value) {
    amqp_table_entry_t *entry = next_entry(table, key);
    if (!entry) return;
    entry->value.kind = AMQP_FIELD_KIND_UTF8;
    entry->value.value.bytes = amqp_cstring_bytes(value);
}

void crabbit_table_add_number(crabbit_table *table, const char *key, int64_t value) {
    amqp_table_entry_t *entry = next_entry(table, key);
    if (!entry) return;
    entry->value.kind = AMQP_FIELD_KIND_I64;
    entry->value.value.i64 = value;
}

void crabbit_table_add_flag(crabbit_table *table, const char *key, bool value) {
    amqp_table_entry_t *entry = next_entry(table, key);
    if (!entry) return;
    entry->value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry->value.value.boolean = value;
}

crabbit_reply crabbit_declare_queue(amqp_connection_state_t connection, amqp_channel_t channel,
                                    const char *name, bool durable, crabbit_table *arguments) {
    amqp_table_t table = {arguments->count, arguments->entries};
    amqp_queue_declare(connection, channel, amqp_cstring_bytes(name), 0, durable, 0, 0, table);
    return crabbit_last_reply(connection);
}

int64_t crabbit_count(amqp_connection_state_t connection, amqp_channel_t channel, const char *name,
                      crabbit_reply *reply) {
    amqp_queue_declare_ok_t *answer = amqp_queue_declare(
        connection, channel, amqp_cstring_bytes(name), 1, 0, 0, 0, amqp_empty_table);
    *reply = crabbit_last_reply(connection);
    return answer ? answer->message_count : -1;
}

crabbit_header crabbit_header_at(const amqp_basic_properties_t *properties, int index) {
    crabbit_header header = {CRABBIT_UNREADABLE, no_bytes, no_bytes, 0};
    const amqp_table_entry_t *entry = &properties->headers.entries[index];
    header.key = entry->key;
    header.kind = CRABBIT_NUMBER;
    switch (entry->value.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
        header.kind = CRABBIT_TEXT;
        header.text = entry->value.value.bytes;
        break;
    case AMQP_FIELD_KIND_BOOLEAN:
        header.kind = CRABBIT_FLAG;
        header.number = entry->value.value.boolean != 0;
        break;
    case AMQP_FIELD_KIND_I8: header.number = entry->value.value.i8; break;
    case AMQP_FIELD_KIND_U8: header.number = entry->value.value.u8; break;
    case AMQP_FIELD_KIND_I16: header.number = entry->value.value.i16; break;
    case AMQP_FIELD_KIND_U16: header.number = entry->value.value.u16; break;
    case AMQP_FIELD_KIND_I32: header.number = entry->value.value.i32; break;
    case AMQP_FIELD_KIND_U32: header.number = entry->value.value.u32; break;
    case AMQP_FIELD_KIND_I64: header.number = entry->value.value.i64; break;
    default: header.kind = CRABBIT_UNREADABLE; break;
    }
    return header;
}

bool crabbit_has_headers(const amqp_basic_properties_t *properties) {
    return (properties->_flags & AMQP_BASIC_HEADERS_FLAG) != 0;
}

amqp_bytes_t crabbit_correlation_id(const amqp_basic_properties_t *properties) {
    return (properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG) ? properties->correlation_id
                                                                 : no_bytes;
}

amqp_bytes_t crabbit_message_id(const amqp_basic_properties_t *properties) {
    return (properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) ? properties->message_id : no_bytes;
}
