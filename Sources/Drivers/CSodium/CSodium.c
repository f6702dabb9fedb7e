// Debian's libsodium needs no shims: its macros that Swift uses are plain numbers.
#include "CSodium.h"
