#pragma once
#include <zlib.h>

/// Begins to unpack gzip; the library's own name for it is a macro, which Swift does not see.
int czlib_begin(z_stream *stream);
