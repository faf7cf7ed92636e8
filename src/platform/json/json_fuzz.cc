// Any bytes: parse() answers, and what it takes is UTF-8 that survives being written and read
// again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::json::Value;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  std::string quoted;
  ashlar::json::append_quoted(quoted, text);
  CHECK(ashlar::base::is_utf8(quoted));

  const ashlar::base::Result<Value> value = ashlar::json::parse(text);
  if (!value.ok()) {
    CHECK(ashlar::base::is_utf8(text) || value.error().code == ashlar::base::Code::kInvalid);
    return 0;
  }
  CHECK(ashlar::base::is_utf8(text));
  const std::string written = ashlar::json::to_text(*value);
  CHECK(ashlar::base::is_utf8(written));
  const ashlar::base::Result<Value> again = ashlar::json::parse(written);
  CHECK(again.ok());
  CHECK(*again == *value);
  CHECK(ashlar::json::to_text(*again) == written);
  return 0;
}
