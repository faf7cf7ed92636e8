// Any bytes as a query: what is accepted is text and bounded, no name twice, and survives being
// written and read again.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "platform/http/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto parsed = ashlar::http::parse_query(input);
  if (!parsed.ok()) {
    CHECK(!parsed.error().fields.empty());
    for (const auto& field : parsed.error().fields) CHECK(ashlar::base::is_utf8(field.field));
    return 0;
  }
  CHECK(parsed->size() <= ashlar::http::kMaxQueryParameters);
  std::set<std::string> names;
  std::string written;
  for (const auto& [name, value] : *parsed) {
    CHECK(!name.empty() && ashlar::base::is_utf8(name) && ashlar::base::is_utf8(value));
    CHECK(names.insert(name).second);
    written += "&" + ashlar::base::percent_encode(name) + "=" + ashlar::base::percent_encode(value);
  }
  const auto again = ashlar::http::parse_query(written);
  CHECK(again.ok() && *again == *parsed);
  return 0;
}
