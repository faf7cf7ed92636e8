// Any bytes as a cursor: never a crash, never accepted unless we made it. And any values, as a
// cursor of ours: they come back, and one changed byte is refused.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "platform/http/cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::http::CursorCodec;
  using ashlar::http::CursorScope;
  static const CursorCodec codec({0x1234, 0x5678});
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const CursorScope scope{"fuzz", 1};
  CHECK((!codec.decode<std::int64_t, std::string>(scope, input).ok()));
  CHECK((!codec
              .decode<std::int64_t, std::string>(
                  scope, ashlar::base::base64url_encode("\x01" + std::string(input)))
              .ok()));

  if (size < 16) return 0;
  std::int64_t number = 0;
  std::memcpy(&number, data, 8);
  const std::string text(input.substr(16));
  const auto cursor = codec.encode(scope, number, text);
  if (!cursor.ok()) {
    CHECK(text.size() > 512);
    return 0;
  }
  CHECK(cursor->size() <= ashlar::http::kMaxCursorBytes);
  const auto back = codec.decode<std::int64_t, std::string>(scope, *cursor);
  CHECK(back.ok() && *back == std::make_tuple(number, text));
  std::string changed = *cursor;
  char& at = changed[data[8] % changed.size()];
  if (at == static_cast<char>(data[9])) return 0;
  at = static_cast<char>(data[9]);
  CHECK((!codec.decode<std::int64_t, std::string>(scope, changed).ok()));
  return 0;
}
