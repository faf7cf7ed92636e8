// check_target() on whatever comes: what it accepts can stand in a Location header and is accepted
// again unchanged, and canonical_host() is a fixed point.
#include <algorithm>
#include <boost/url/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/links/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace links = ashlar::links;
  static const links::OwnHosts own =
      *links::OwnHosts::parse({"127.0.0.1:8080", "https://sho.rt", "own.example"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = links::check_target(text, own);
  if (target.ok()) {
    CHECK(target->size() <= links::kMaxTargetBytes);
    for (const char c : *target) CHECK(c > 0x20 && c < 0x7f);
    // Another reader agrees that it is a URL. It is given a host of one letter, since
    // Boost.URL 1.81 does not know all hosts (target.cc).
    const std::size_t slashes = target->find("//") + 2;
    const std::size_t rest = std::min(target->find_first_of("/?#", slashes), target->size());
    CHECK(boost::urls::parse_uri(target->substr(0, slashes) + "h" + target->substr(rest)));
    const auto again = links::check_target(*target, own);
    CHECK(again.ok() && *again == *target);
  } else {
    CHECK(target.error().fields.size() == 1);
  }
  if (const auto host = links::canonical_host(text)) {
    CHECK(links::canonical_host(*host) == host);
  }
  return 0;
}
