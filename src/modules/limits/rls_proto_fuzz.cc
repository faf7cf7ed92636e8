// RateLimitRequest of whatever bytes: refused, or read within its bounds; and an answer to it can
// be written.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/limits/rls_call.h"
#include "modules/limits/rls_proto.h"
#include "platform/proto/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace limits = ashlar::limits;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  limits::RlsRequest request;
  if (!limits::read_rls_request(bytes, request).ok()) return 0;
  CHECK(request.descriptors.size() <= limits::RlsRequest::kMaxEntries);
  CHECK(request.entries.size() <= limits::RlsRequest::kMaxEntries);

  limits::RlsResponse response;
  response.overall_code = limits::RlsCode::kOk;
  for (const limits::RlsAsk& ask : request.descriptors) {
    limits::RlsStatus& status = response.statuses.emplace_back();
    status.has_limit = ask.limit.has_value();
    status.limit_remaining = ask.entries;
    for (const limits::RlsEntry& entry : request.entries_of(ask)) {
      CHECK(entry.key.size() <= size && entry.value.size() <= size);
      status.name = entry.key;
    }
  }
  std::string out;
  limits::write_rls_response(response, out);
  std::size_t statuses = 0;
  ashlar::proto::Reader message(out);
  while (message.next()) {
    if (message.tag() == ashlar::proto::tag(2, ashlar::proto::kBytes)) ++statuses;
  }
  CHECK(message.ok() && statuses == response.statuses.size());
  return 0;
}
