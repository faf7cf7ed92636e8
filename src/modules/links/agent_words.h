// AgentWords: which of the words that tell programs apart stand in a User-Agent, in any case of
// letters, anywhere in its first kMaxAgentBytes. Found in one pass, since each click asks: some
// twenty instructions a byte, however many words there are. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ashlar::links {

inline constexpr std::size_t kMaxAgentBytes = 256;

enum class AgentWord : std::uint8_t {
  kBot,      // any of the words of programs that no person sits before (agent_words.cc)
  kMozilla,  // "mozilla/"
  kMobi,     // "mobi"
  kTablet,   // "tablet"
  kWindows,  // "windows"
  kIphone,   // "iphone", "ipod"
  kIpad,     // "ipad"
  kAndroid,  // "android"
  kCros,     // "cros "
  kMac,      // "mac os x", "macintosh"
  kLinux,    // "linux"
  kEdge,     // "edg/", "edga/", "edgios/"
  kOpera,    // "opr/", "opera"
  kSamsung,  // "samsungbrowser/"
  kFirefox,  // "firefox/", "fxios/"
  kChrome,   // "chrome/", "crios/", "chromium/"
  kSafari,   // "safari/"
};

class AgentWords {
 public:
  explicit AgentWords(std::string_view user_agent);

  [[nodiscard]] bool has(AgentWord word) const { return (found_ & bit(word)) != 0; }

 private:
  static constexpr std::uint32_t bit(AgentWord word) {
    return std::uint32_t{1} << static_cast<unsigned>(word);
  }

  std::uint32_t found_ = 0;
};

}  // namespace ashlar::links
