// The functions that nghttp2 calls for a Session: they find the call and hand over.
#pragma once

struct nghttp2_session_callbacks;

namespace ashlar::grpc {

// For sessions whose user data is a Session. The caller's to delete.
nghttp2_session_callbacks* make_callbacks();

}  // namespace ashlar::grpc
