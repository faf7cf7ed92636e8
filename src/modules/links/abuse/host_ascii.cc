#include "modules/links/abuse/host_ascii.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"
#include "base/text.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::int32_t kMaxText = 1024;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct Closed {
  void operator()(UIDNA* names) const { uidna_close(names); }
};

const UIDNA* names() {
  static const std::unique_ptr<UIDNA, Closed> kNames = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<UIDNA, Closed> made(uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                                            UIDNA_NONTRANSITIONAL_TO_ASCII |
                                                            UIDNA_NONTRANSITIONAL_TO_UNICODE,
                                                        &error));
    CHECK(U_SUCCESS(error) != 0);
    return made;
  }();
  return kNames.get();
}

}  // namespace

std::string host_ascii(std::string_view host) {
  if (is_ascii(host) || host.size() > kMaxText || !base::is_utf8(host)) return std::string(host);
  std::array<char, kMaxText> out{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t length =
      uidna_nameToASCII_UTF8(names(), host.data(), static_cast<std::int32_t>(host.size()),
                             out.data(), kMaxText, &info, &error);
  if (U_FAILURE(error) != 0 || length <= 0 || length > kMaxText) return std::string(host);
  const std::string_view ascii(out.data(), static_cast<std::size_t>(length));
  return std::string(is_ascii(ascii) ? ascii : host);
}

}  // namespace ashlar::links::abuse
