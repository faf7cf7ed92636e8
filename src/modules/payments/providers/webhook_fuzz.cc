// Webhooks of providers from anybody: header and body. Whatever comes, what is read keeps to its
// bounds; only what carries a right signature is read at all.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "modules/payments/providers/card_api_notice.h"
#include "modules/payments/providers/sandbox_notice.h"
#include "modules/payments/providers/timed_signature.h"

namespace pay = ashlar::payments;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view header = input.substr(0, line);
  const std::string_view body =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);

  const ashlar::base::Time now{ashlar::base::Seconds{1'700'000'000}};
  const std::vector<std::string> secrets{"whsec_one", "whsec_two"};
  // Nobody guesses a signature.
  CHECK(!pay::check_timed_signature(header, body, secrets, now).ok());
  const std::string right = pay::timed_signature({&secrets[1], 1}, now, body);
  CHECK(pay::check_timed_signature(right, body, secrets, now).ok());
  CHECK(pay::check_timed_signature("v0=x, " + right + ",v1=", body, secrets, now).ok());
  CHECK(!pay::check_timed_signature(right, std::string(body) + " ", secrets, now).ok());

  const auto event = pay::read_card_api_event(body);
  if (event.ok()) {
    CHECK(event->size() <= 1);
    for (const pay::ProviderNotice& notice : *event) {
      CHECK(!notice.id.empty() && !notice.reference.empty() && notice.amount >= 0);
      CHECK(notice.fee >= 0);
    }
  }
  const auto notice = pay::read_sandbox_notice(body);
  if (notice.ok()) {
    // What it has read it writes, and reads the same again.
    const auto again = pay::read_sandbox_notice(pay::sandbox_notice_body(*notice));
    CHECK(again.ok());
    CHECK(again->id == notice->id && again->kind == notice->kind && again->at == notice->at &&
          again->amount == notice->amount && again->due_by == notice->due_by);
  }
  return 0;
}
