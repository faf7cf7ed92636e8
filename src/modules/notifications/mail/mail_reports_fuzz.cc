// Whatever is posted as a mail: bounded, and each report that comes out names one of our mails, has
// a dedupe key and text that can be stored.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "modules/notifications/mail/mail_reports.h"

using ashlar::notifications::Outgoing;
using ashlar::notifications::Report;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view mail(reinterpret_cast<const char*>(data), size);
  const auto reports = ashlar::notifications::read_mail_reports(
      mail, {.sender_domain = "example.com", .return_path_domain = "bounces.example"});
  CHECK(reports.size() <= 16);
  for (const Report& report : reports) {
    CHECK(!report.message_id.empty() && report.message_id.size() <= 64);
    CHECK(!report.dedupe.empty() && report.dedupe.size() <= 200);
    CHECK(report.detail.size() <= Outgoing::kMaxDetailBytes &&
          ashlar::base::is_utf8(report.detail));
    CHECK(report.detail.find('\0') == std::string::npos);
    CHECK(report.address.size() <= 254);
  }
  return 0;
}
