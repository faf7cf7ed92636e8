#include "modules/links/visitor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "modules/links/agent_words.h"
#include "modules/links/click_detail.h"

namespace ashlar::links {
namespace {

template <class T>
using Names = std::pair<T, std::string_view>;

constexpr std::array<Names<Device>, 5> kDevices{{{Device::kDesktop, "desktop"},
                                                 {Device::kMobile, "mobile"},
                                                 {Device::kTablet, "tablet"},
                                                 {Device::kBot, "bot"},
                                                 {Device::kOther, "other"}}};
constexpr std::array<Names<Os>, 7> kSystems{{{Os::kIos, "ios"},
                                             {Os::kAndroid, "android"},
                                             {Os::kWindows, "windows"},
                                             {Os::kMacos, "macos"},
                                             {Os::kLinux, "linux"},
                                             {Os::kChromeos, "chromeos"},
                                             {Os::kOther, "other"}}};
constexpr std::array<Names<Browser>, 7> kBrowsers{{{Browser::kChrome, "chrome"},
                                                   {Browser::kSafari, "safari"},
                                                   {Browser::kFirefox, "firefox"},
                                                   {Browser::kEdge, "edge"},
                                                   {Browser::kOpera, "opera"},
                                                   {Browser::kSamsung, "samsung"},
                                                   {Browser::kOther, "other"}}};

template <class Table, class T>
std::string_view name_in(const Table& table, T value) {
  for (const auto& [known, name] : table) {
    if (known == value) return name;
  }
  return "other";
}

template <class T, std::size_t N>
std::optional<T> named_in(const std::array<Names<T>, N>& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

// In this order: Android's says Linux too, and some phones of Microsoft said Android and iPhone.
Os os_of(const AgentWords& agent) {
  if (agent.has(AgentWord::kWindows)) return Os::kWindows;
  if (agent.has(AgentWord::kIphone) || agent.has(AgentWord::kIpad)) return Os::kIos;
  if (agent.has(AgentWord::kAndroid)) return Os::kAndroid;
  if (agent.has(AgentWord::kCros)) return Os::kChromeos;
  if (agent.has(AgentWord::kMac)) return Os::kMacos;
  if (agent.has(AgentWord::kLinux)) return Os::kLinux;
  return Os::kOther;
}

// In this order: nearly all say Safari, and most say Chrome.
Browser browser_of(const AgentWords& agent) {
  if (agent.has(AgentWord::kEdge)) return Browser::kEdge;
  if (agent.has(AgentWord::kOpera)) return Browser::kOpera;
  if (agent.has(AgentWord::kSamsung)) return Browser::kSamsung;
  if (agent.has(AgentWord::kFirefox)) return Browser::kFirefox;
  if (agent.has(AgentWord::kChrome)) return Browser::kChrome;
  if (agent.has(AgentWord::kSafari)) return Browser::kSafari;
  return Browser::kOther;
}

Device device_of(const AgentWords& agent) {
  const AgentClass kind = classify_agent(agent);
  if (kind == AgentClass::kBot) return Device::kBot;
  if (kind == AgentClass::kOther) return Device::kOther;
  if (agent.has(AgentWord::kIpad) || agent.has(AgentWord::kTablet)) return Device::kTablet;
  if (agent.has(AgentWord::kAndroid) && !agent.has(AgentWord::kMobi)) return Device::kTablet;
  return kind == AgentClass::kMobile ? Device::kMobile : Device::kDesktop;
}

// "0.8" as 800; what is malformed counts as nothing.
int quality_of(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return parameters.empty() ? 1000 : 0;
  std::string_view text = base::trim_spaces(parameters.substr(at + 2));
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int value = (text[0] - '0') * 1000;
  text.remove_prefix(1);
  if (!text.empty() && text[0] != '.') return 0;
  for (std::size_t i = 1, unit = 100; i < text.size() && i <= 3; ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    value += (text[i] - '0') * static_cast<int>(unit);
  }
  return std::min(value, 1000);
}

}  // namespace

VisitorAgent read_visitor_agent(std::string_view user_agent) {
  const AgentWords agent(user_agent);
  return {device_of(agent), os_of(agent), browser_of(agent)};
}

std::string_view name_of(Device device) { return name_in(kDevices, device); }
std::string_view name_of(Os os) { return name_in(kSystems, os); }
std::string_view name_of(Browser browser) { return name_in(kBrowsers, browser); }
std::optional<Device> device_named(std::string_view name) { return named_in(kDevices, name); }
std::optional<Os> os_named(std::string_view name) { return named_in(kSystems, name); }
std::optional<Browser> browser_named(std::string_view name) { return named_in(kBrowsers, name); }

std::string_view preferred_language(std::string_view accept_language) {
  std::string_view best;
  int best_quality = 0;
  while (!accept_language.empty()) {
    const std::size_t comma = accept_language.find(',');
    const std::string_view element = accept_language.substr(0, comma);
    accept_language.remove_prefix(comma == std::string_view::npos ? accept_language.size()
                                                                  : comma + 1);
    const std::size_t semicolon = element.find(';');
    const std::string_view tag = base::trim_spaces(element.substr(0, semicolon));
    const int quality =
        semicolon == std::string_view::npos ? 1000 : quality_of(element.substr(semicolon + 1));
    if (tag.empty() || tag == "*" || quality <= best_quality) continue;
    best = tag;
    best_quality = quality;
  }
  return best;
}

bool language_matches(std::string_view range, std::string_view tag) {
  if (tag.size() < range.size() || range.empty()) return false;
  if (!base::ascii_iequals(range, tag.substr(0, range.size()))) return false;
  return tag.size() == range.size() || tag[range.size()] == '-';
}

}  // namespace ashlar::links
