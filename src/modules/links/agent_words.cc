#include "modules/links/agent_words.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace ashlar::links {
namespace {

struct Row {
  std::string_view text;
  AgentWord word;
};

// In lower case, four bytes and more, but for "bot", which is looked for by itself.
constexpr std::array<Row, 51> kRows{{
    {"crawl", AgentWord::kBot},
    {"spider", AgentWord::kBot},
    {"slurp", AgentWord::kBot},
    {"curl/", AgentWord::kBot},
    {"wget/", AgentWord::kBot},
    {"python", AgentWord::kBot},
    {"go-http-client", AgentWord::kBot},
    {"java/", AgentWord::kBot},
    {"headless", AgentWord::kBot},
    {"facebookexternalhit", AgentWord::kBot},
    {"preview", AgentWord::kBot},
    {"monitor", AgentWord::kBot},
    {"whatsapp/", AgentWord::kBot},  // looks at what is sent; people come with their browser
    {"viber/", AgentWord::kBot},
    {"meta-external", AgentWord::kBot},
    {"okhttp", AgentWord::kBot},
    {"axios/", AgentWord::kBot},
    {"node-fetch", AgentWord::kBot},
    {"undici", AgentWord::kBot},
    {"postman", AgentWord::kBot},
    {"insomnia/", AgentWord::kBot},
    {"httpie/", AgentWord::kBot},
    {"httpclient", AgentWord::kBot},
    {"libwww", AgentWord::kBot},
    {"guzzle", AgentWord::kBot},
    {"reqwest/", AgentWord::kBot},
    {"mozilla/", AgentWord::kMozilla},
    {"mobi", AgentWord::kMobi},
    {"tablet", AgentWord::kTablet},
    {"windows", AgentWord::kWindows},
    {"iphone", AgentWord::kIphone},
    {"ipod", AgentWord::kIphone},
    {"ipad", AgentWord::kIpad},
    {"android", AgentWord::kAndroid},
    {"cros ", AgentWord::kCros},
    {"mac os x", AgentWord::kMac},
    {"macintosh", AgentWord::kMac},
    {"linux", AgentWord::kLinux},
    {"edg/", AgentWord::kEdge},
    {"edga/", AgentWord::kEdge},
    {"edgios/", AgentWord::kEdge},
    {"opr/", AgentWord::kOpera},
    {"opera", AgentWord::kOpera},
    {"samsungbrowser/", AgentWord::kSamsung},
    {"firefox/", AgentWord::kFirefox},
    {"fxios/", AgentWord::kFirefox},
    {"chrome/", AgentWord::kChrome},
    {"crios/", AgentWord::kChrome},
    {"chromium/", AgentWord::kChrome},
    {"safari/", AgentWord::kSafari},
    {"", AgentWord::kBot},  // none: where a slot has one row only, this is its second
}};
constexpr std::uint8_t kNone = kRows.size() - 1;

// The first four bytes as one number, in the order in which memory holds them here.
constexpr std::uint32_t kLower = 0x20202020;
constexpr std::uint32_t prefix_of(std::string_view text) {
  std::uint32_t prefix = 0;
  for (int i = 3; i >= 0; --i)
    prefix = prefix << 8 | static_cast<unsigned char>(text.at(static_cast<std::size_t>(i)));
  return prefix;
}
constexpr std::uint32_t kBotText = 'b' | 'o' << 8 | 't' << 16;

// Four bytes lead to one slot; two words share theirs where they begin alike.
constexpr unsigned kSlotBits = 9;
struct Slot {
  std::uint32_t prefix = 0;
  std::array<std::uint8_t, 2> rows{kNone, kNone};
};
struct Slots {
  std::uint32_t factor = 0;
  std::array<Slot, std::size_t{1} << kSlotBits> slots{};

  [[nodiscard]] constexpr std::size_t at(std::uint32_t prefix) const {
    return static_cast<std::uint32_t>(prefix * factor) >> (32 - kSlotBits);
  }
};

using Prefixes = std::array<std::uint32_t, kNone>;

constexpr Prefixes prefixes() {
  Prefixes prefixes{};
  for (std::size_t i = 0; i < kNone; ++i) prefixes.at(i) = prefix_of(kRows.at(i).text);
  return prefixes;
}

// Words that begin differently have slots of their own. (Told by comparing: a compiler that fills a
// table for each factor takes too long.)
constexpr bool keeps_apart(const Slots& table, const Prefixes& words) {
  for (std::size_t i = 0; i < kNone; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (words.at(i) != words.at(j) && table.at(words.at(i)) == table.at(words.at(j)))
        return false;
    }
  }
  return true;
}

// REQUIRES: no three words begin alike: the index of a third would be out of range.
constexpr void fill(Slots& table, const Prefixes& words) {
  for (std::uint8_t i = 0; i < kNone; ++i) {
    Slot& slot = table.slots.at(table.at(words.at(i)));
    slot.rows.at(slot.prefix == 0 ? 0 : slot.rows[1] == kNone ? 1 : 2) = i;
    slot.prefix = words.at(i);
  }
}

// A factor that keeps words apart is found by trying.
constexpr Slots make_slots() {
  const Prefixes words = prefixes();
  Slots table;
  for (std::uint32_t factor = 0x9e3779b1;; factor += 0x61c88646) {
    table.factor = factor | 1;
    if (keeps_apart(table, words)) break;
  }
  fill(table, words);
  return table;
}
constexpr Slots kSlots = make_slots();

bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && base::ascii_iequals(text.substr(0, word.size()), word);
}

// "bot" at `at`, unless it is the end of a make of telephones.
bool is_bot(std::string_view text, std::size_t at) {
  constexpr std::string_view kTelephone = "cubot";
  constexpr std::size_t kBefore = 2;
  if (!begins(text.substr(at), "bot")) return false;
  return at < kBefore || !begins(text.substr(at - kBefore), kTelephone);
}

}  // namespace

AgentWords::AgentWords(std::string_view user_agent) {
  const std::string_view text = user_agent.substr(0, kMaxAgentBytes);
  constexpr std::size_t kBotBytes = 3;
  if (text.size() < kBotBytes) return;
  std::uint32_t four = 0;
  for (std::size_t i = 0; i + sizeof four <= text.size(); ++i) {
    std::memcpy(&four, text.data() + i, sizeof four);
    four |= kLower;  // and some control characters become signs: begins() knows better
    const Slot& slot = kSlots.slots[kSlots.at(four)];
    if (slot.prefix == four) {
      for (const std::uint8_t row : slot.rows) {
        if (row != kNone && begins(text.substr(i), kRows[row].text)) found_ |= bit(kRows[row].word);
      }
    } else if ((four & 0xffffff) == kBotText && is_bot(text, i)) {
      found_ |= bit(AgentWord::kBot);
    }
  }
  if (is_bot(text, text.size() - kBotBytes)) found_ |= bit(AgentWord::kBot);
}

}  // namespace ashlar::links
