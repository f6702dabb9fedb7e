#include "CZlib.h"

int czlib_begin(z_stream *stream) {
    // 16 more than the largest window: a gzip header and its checksum are wanted.
    return inflateInit2(stream, MAX_WBITS + 16);
}
