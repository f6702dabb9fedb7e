#include "CPostgres.h"

static void ignore(void *unused, const PGresult *notice) {
    (void)unused;
    (void)notice;
}

void cpostgres_silence_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, ignore, 0);
}
