#pragma once
#include <postgresql/libpq-fe.h>

/// Keeps libpq from printing the server's notices to standard error.
void cpostgres_silence_notices(PGconn *connection);
