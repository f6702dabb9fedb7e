#pragma once
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

/// Takes a message apart without knowing its kind: every field of it comes as an unknown one.
/// NULL for what is no message. To be freed by cprotobuf_free.
ProtobufCMessage *cprotobuf_unpack(const uint8_t *bytes, size_t length);
void cprotobuf_free(ProtobufCMessage *message);
