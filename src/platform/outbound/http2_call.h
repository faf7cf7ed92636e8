// Http2Call: one request on its way through Http2Client. Private to it; its thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "platform/outbound/http2_client.h"

namespace ashlar::outbound {

class Http2Connection;
class Http2Origin;

struct Http2Call {
  Http2Request request;
  Http2Client::Done done;  // null: told
  std::string_view path;   // of request.url

  Http2Result result{};
  Http2Origin* origin = nullptr;
  Http2Connection* connection = nullptr;  // null: waits
  std::int32_t stream = 0;
  std::size_t body_sent = 0;
  std::uint64_t first_byte = std::numeric_limits<std::uint64_t>::max();  // of the connection's
  std::size_t field_bytes = 0;
  bool head_complete = false;  // a final status and its fields, as opposed to trailers
  int replays = 0;
};

}  // namespace ashlar::outbound
