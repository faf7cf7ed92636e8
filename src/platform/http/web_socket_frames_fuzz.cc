// Any bytes in any pieces: the invariants of web_socket_frames.h hold. The first two bytes choose
// the limit and the cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "platform/http/web_socket_frames.h"

namespace {

using ashlar::http::FrameDecoder;
using Kind = FrameDecoder::EventKind;

struct Seen {
  Kind kind;
  std::uint16_t code;
  std::string data;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> decode(std::string bytes, std::size_t piece, std::size_t limit) {
  FrameDecoder decoder(limit);
  std::vector<Seen> out;
  bool over = false;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::span<char> input(bytes.data() + at, std::min(piece, bytes.size() - at));
    for (;;) {
      const std::size_t before = input.size();
      const FrameDecoder::Event event = decoder.next(input);
      if (event.kind == Kind::kNeedMore) {
        CHECK(input.empty());
        break;
      }
      CHECK(!over && (input.size() < before || event.kind == Kind::kError));
      over = event.kind == Kind::kClose || event.kind == Kind::kError;
      if (event.kind == Kind::kMessage) {
        CHECK(event.data.size() <= limit);
        CHECK(event.message == ashlar::http::MessageKind::kBinary ||
              ashlar::base::is_utf8(event.data));
      } else if (event.kind != Kind::kError) {
        CHECK(event.data.size() <= 125);
      }
      out.push_back({event.kind, event.code, std::string(event.data)});
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = data[0] * 8U;
  const std::size_t piece = data[1] % 16U + 1;
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  CHECK(decode(bytes, bytes.size() + 1, limit) == decode(bytes, piece, limit));
  return 0;
}
