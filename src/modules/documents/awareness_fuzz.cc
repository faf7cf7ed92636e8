// Sessions that send any bytes as presence, leave and fall silent: what is given out can always be
// read, is JSON, has clocks that rise, and goes with its session.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/documents/awareness.h"
#include "modules/documents/crdt/lib0.h"
#include "platform/json/parse.h"

namespace {

using ashlar::crdt::Reader;
using ashlar::documents::Awareness;

struct Given {
  std::uint64_t clock = 0;
  ashlar::base::Mono at{};
};
using Clocks = std::map<std::uint64_t, Given>;

std::size_t read_all(std::string_view update, ashlar::base::Mono now, Clocks* clocks) {
  if (update.empty()) return 0;
  Reader reader(update);
  const std::uint64_t count = reader.varuint();
  CHECK(count > 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t client = reader.varuint();
    const std::uint64_t clock = reader.varuint();
    const std::string_view state = reader.var_string();
    CHECK(reader.ok() && ashlar::json::parse(state).ok());
    if (clocks == nullptr) continue;
    Given& last = (*clocks)[client];
    if (now - last.at < ashlar::base::Millis{100'000}) {  // later it may be forgotten
      CHECK(state == "null" ? clock >= last.clock : clock > last.clock || last.clock == 0);
    }
    last = {clock, now};
  }
  CHECK(reader.at_end());
  return static_cast<std::size_t>(count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Awareness awareness;
  ashlar::base::Mono now{ashlar::base::Millis{1'000}};
  std::uint64_t base_session = 1;
  Clocks clocks;
  while (input.size() >= 2) {
    const auto op = static_cast<std::uint8_t>(input[0]);
    const std::size_t length =
        std::min<std::size_t>(static_cast<std::uint8_t>(input[1]), input.size() - 2);
    const std::string_view bytes = input.substr(2, length);
    input.remove_prefix(2 + length);
    const std::uint64_t session = base_session + op % 4;
    if (op >= 0xf8) {
      base_session += 4;
    } else if (op >= 0xf0) {
      now += ashlar::base::Millis{20'000};
      read_all(awareness.expire(now), now, &clocks);
    } else if (op >= 0xe0) {
      read_all(awareness.remove(session), now, &clocks);
      CHECK(awareness.clients_of(session).empty());
    } else {
      const Awareness::Owner owner{.session = session,
                                   .user = op % 2 == 0 ? "even" : "odd",
                                   .name = op % 8 == 3 ? "Name" : "",
                                   .info = op % 8 == 5 ? R"({"color":"red"})" : "",
                                   .vouched = op % 3 == 0};
      const auto out = awareness.apply(owner, bytes, now);
      if (out.ok()) read_all(*out, now, &clocks);
    }
    CHECK(read_all(awareness.states(), now, nullptr) == awareness.present());
    if (clocks.size() > 1'000) break;
  }
  return 0;
}
