// Visitor: what a request's User-Agent and Accept-Language tell of who follows a link: kind of
// device, operating system, browser, language. Pure; any thread.
//
// A guess, as every reading of a User-Agent is: an iPad that asks for desktop pages says that it is
// a Mac, and a program may say what it likes.
//
// Each of them is one bit, so that a rule's condition is a mask of those that it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar::links {

enum class Device : std::uint8_t { kDesktop = 1, kMobile = 2, kTablet = 4, kBot = 8, kOther = 16 };
enum class Os : std::uint8_t {
  kIos = 1,
  kAndroid = 2,
  kWindows = 4,
  kMacos = 8,
  kLinux = 16,
  kChromeos = 32,
  kOther = 64,
};
enum class Browser : std::uint8_t {
  kChrome = 1,
  kSafari = 2,
  kFirefox = 4,
  kEdge = 8,
  kOpera = 16,
  kSamsung = 32,
  kOther = 64,
};

struct VisitorAgent {
  Device device = Device::kOther;
  Os os = Os::kOther;
  Browser browser = Browser::kOther;
  friend bool operator==(const VisitorAgent&, const VisitorAgent&) = default;
};

// Looks at the first 256 bytes.
VisitorAgent read_visitor_agent(std::string_view user_agent);

// "desktop", "ios", "chrome" …; the same words in the API and in the database. nullopt: none such.
std::string_view name_of(Device device);
std::string_view name_of(Os os);
std::string_view name_of(Browser browser);
std::optional<Device> device_named(std::string_view name);
std::optional<Os> os_named(std::string_view name);
std::optional<Browser> browser_named(std::string_view name);

// The tag that an Accept-Language field likes best (of several the first); "" where it names none.
// '*' is none.
std::string_view preferred_language(std::string_view accept_language);

// Basic filtering of RFC 4647, 3.3.1: "de" takes "de", "DE" and "de-AT", but not "den".
bool language_matches(std::string_view range, std::string_view tag);

}  // namespace ashlar::links
