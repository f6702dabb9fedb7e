#include "CProtobuf.h"

typedef struct {
    ProtobufCMessage base;
} Anything;

static void begin(ProtobufCMessage *message);

/* A kind of message without a single field of its own. */
static const ProtobufCMessageDescriptor anything = {
    PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    "Anything",
    "Anything",
    "Anything",
    "",
    sizeof(Anything),
    0,
    NULL,
    NULL,
    0,
    NULL,
    begin,
    NULL,
    NULL,
    NULL,
};

static void begin(ProtobufCMessage *message) {
    static const Anything empty = {PROTOBUF_C_MESSAGE_INIT(&anything)};
    *(Anything *)message = empty;
}

ProtobufCMessage *cprotobuf_unpack(const uint8_t *bytes, size_t length) {
    return protobuf_c_message_unpack(&anything, NULL, length, bytes);
}

void cprotobuf_free(ProtobufCMessage *message) {
    protobuf_c_message_free_unpacked(message, NULL);
}
