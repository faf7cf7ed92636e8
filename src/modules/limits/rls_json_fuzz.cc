// /json of whatever text: refused, or read within its bounds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/limits/rls_call.h"
#include "modules/limits/rls_json.h"
#include "platform/json/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace limits = ashlar::limits;
  const auto document =
      ashlar::json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!document.ok()) return 0;
  limits::RlsRequest request;
  if (!limits::read_rls_json(*document, request).ok()) return 0;
  CHECK(request.entries.size() <= limits::RlsRequest::kMaxEntries);
  std::size_t entries = 0;
  for (const limits::RlsAsk& ask : request.descriptors) {
    CHECK(ask.first_entry == entries);
    entries += ask.entries;
  }
  CHECK(entries == request.entries.size());

  limits::RlsResponse response;
  response.overall_code = limits::RlsCode::kOverLimit;
  response.statuses.resize(request.descriptors.size());
  response.headers.emplace_back("a", std::string(request.domain));
  std::string out;
  limits::write_rls_json(response, out);
  CHECK(ashlar::json::parse(out).ok());
  return 0;
}
