// The console's files, served from the binary: /_/ and what it refers to.
//
// Answered on the I/O thread from embedded bytes, compressed beforehand. Names with a content hash
// in them may be kept for ever; the page itself is asked for anew each time (ETag, 304).
#pragma once

#include "platform/http/route.h"

namespace ashlar::http {

// "/_", "/_/", "/_/{file}", "/_/assets/{file}", "/favicon.ico". Without a built console /_/
// says how to build it.
RouteTable console_routes();

}  // namespace ashlar::http
