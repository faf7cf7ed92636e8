#include "modules/links/abuse/link_targets.h"

#include <utility>

#include "modules/links/abuse/listed_url.h"
#include "modules/links/abuse/nested_urls.h"
#include "modules/links/target.h"

namespace ashlar::links::abuse {
namespace {

void add(std::vector<JudgedUrl>& urls, std::string field, std::string_view url) {
  if (url.empty() || urls.size() >= kMaxJudgedUrls) return;
  urls.push_back({field, std::string(url)});
  for (std::string& nested : nested_urls(url)) {
    if (urls.size() < kMaxJudgedUrls) urls.push_back({field, std::move(nested), true});
  }
}

}  // namespace

std::vector<JudgedUrl> judged_urls(std::string_view url, const LinkSettings& settings) {
  std::vector<JudgedUrl> urls;
  add(urls, "/url", url);
  add(urls, "/expired_url", settings.expired_url);
  for (std::size_t i = 0; i < settings.rules.size(); ++i) {
    add(urls, "/rules/" + std::to_string(i) + "/url", settings.rules[i].url);
  }
  for (std::size_t i = 0; i < settings.variants.size(); ++i) {
    add(urls, "/variants/" + std::to_string(i) + "/url", settings.variants[i].url);
  }
  return urls;
}

std::vector<std::string> denial_names(std::string_view host) {
  std::vector<std::string> names{std::string(host)};
  if (host.starts_with('[')) return names;
  while (!host.empty()) {
    names.push_back("*." + std::string(host));
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return names;
}

std::string host_of(std::string_view url) {
  const auto listed = listed_url(url);
  return listed ? canonical_host(listed->host).value_or("") : std::string();
}

}  // namespace ashlar::links::abuse
