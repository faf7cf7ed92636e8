#include "modules/links/click_detail.h"

#include <algorithm>

#include "base/text.h"
#include "modules/links/agent_words.h"

namespace ashlar::links {
namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

// The authority of "scheme://authority/…"; empty where there is none.
std::string_view authority_of(std::string_view url) {
  for (const std::string_view scheme :
       {std::string_view("https://"), std::string_view("http://")}) {
    if (url.size() > scheme.size() && base::ascii_iequals(url.substr(0, scheme.size()), scheme)) {
      url.remove_prefix(scheme.size());
      return url.substr(0, url.find_first_of("/?#\\"));
    }
  }
  return {};
}

}  // namespace

std::string_view agent_name(AgentClass agent) {
  switch (agent) {
    case AgentClass::kBrowser:
      return "browser";
    case AgentClass::kMobile:
      return "mobile";
    case AgentClass::kBot:
      return "bot";
    case AgentClass::kOther:
      break;
  }
  return "other";
}

AgentClass agent_from_stored(std::int64_t number) {
  return number >= 0 && number <= 3 ? static_cast<AgentClass>(number) : AgentClass::kOther;
}

AgentClass classify_agent(const AgentWords& agent) {
  if (agent.has(AgentWord::kBot)) return AgentClass::kBot;
  if (!agent.has(AgentWord::kMozilla)) return AgentClass::kOther;
  return agent.has(AgentWord::kMobi) || agent.has(AgentWord::kAndroid) ? AgentClass::kMobile
                                                                       : AgentClass::kBrowser;
}

AgentClass classify_agent(std::string_view user_agent) {
  return classify_agent(AgentWords(user_agent));
}

DetailEntry::DetailEntry(const KeptClick& click)
    : tenant(click.tenant),
      link(click.link),
      at(click.at),
      agent(classify_agent(click.detail.user_agent)) {
  set_referrer(click.detail.referrer);
}

void DetailEntry::set_referrer(std::string_view url) {
  referrer_bytes = 0;
  std::string_view host = authority_of(url);
  if (const std::size_t sign = host.rfind('@'); sign != std::string_view::npos) {
    host.remove_prefix(sign + 1);
  }
  host = host.substr(0, host.find(':'));
  if (host.size() > kMaxReferrerBytes) return;
  for (std::size_t i = 0; i < host.size(); ++i) {
    referrer[i] = base::ascii_lower(host[i]);
    if (!is_host_char(referrer[i])) return;
  }
  referrer_bytes = static_cast<std::uint8_t>(host.size());
}

}  // namespace ashlar::links
