// The HTTP/2 library's callbacks of an Http2Connection: which frame means what for which call.
#pragma once

struct nghttp2_session;

namespace ashlar::outbound {

class Http2Connection;

// The caller deletes it.
nghttp2_session* make_http2_session(Http2Connection& connection);

}  // namespace ashlar::outbound
