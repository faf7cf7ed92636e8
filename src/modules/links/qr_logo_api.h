// QrLogoApi: /v1/link-qr-logo: the picture in the middle of QR codes, put, looked at, taken away.
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {

class LinksModule;

// The module outlives the table.
http::RouteTable qr_logo_routes(LinksModule& module);

}  // namespace ashlar::links
