#include "modules/links/titles/title_fetcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "modules/links/titles/html_title.h"
#include "platform/outbound/target.h"

namespace ashlar::links {
namespace {

// One attempt a page; jobs try again. All pages are one dependency to the client, which must not
// judge it as a whole.
outbound::Policy policy() {
  outbound::Policy policy;
  policy.timeout = policy.attempt_timeout = TitleFetcher::kTimeout;
  policy.retry.max_attempts = 1;
  policy.breaker.min_calls = 1'000'000'000;
  policy.max_running = TitleFetcher::kAtOnce;
  policy.max_waiting = TitleFetcher::kAtOnce;
  policy.max_answer_bytes = TitleFetcher::kMaxPageBytes;
  policy.cut_answers = true;
  return policy;
}

std::string_view field_of(const outbound::Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

base::Error forbidden(std::string detail) {
  return base::fail(base::Code::kForbidden, "title_forbidden", std::move(detail));
}
base::Error unavailable(std::string detail) {
  return base::fail(base::Code::kUnavailable, "title_unavailable", std::move(detail));
}

}  // namespace

std::string resolve_location(std::string_view base, std::string_view location) {
  location = base::trim_spaces(location.substr(0, location.find('#')));
  base = base.substr(0, base.find('#'));
  const std::size_t colon = location.find_first_of(":/?");
  if (colon != std::string_view::npos && location[colon] == ':') return std::string(location);
  const std::size_t host = base.find("//") + 2;
  if (location.starts_with("//"))
    return std::string(base.substr(0, host - 2)) + std::string(location);
  const std::size_t path = std::min(base.find_first_of("/?", host), base.size());
  if (location.starts_with('/')) return std::string(base.substr(0, path)) + std::string(location);
  const std::size_t query = std::min(base.find('?', path), base.size());
  if (location.empty()) return std::string(base);
  if (location.starts_with('?')) return std::string(base.substr(0, query)) + std::string(location);
  const std::size_t slash = base.substr(0, query).rfind('/');
  if (slash < path) return std::string(base.substr(0, path)) + "/" + std::string(location);
  return std::string(base.substr(0, slash + 1)) + std::string(location);
}

TitleFetcher::TitleFetcher(Options options, const base::Clock& clock, obs::Registry& metrics)
    : options_(std::move(options)),
      clock_(clock),
      client_({.name = "titles",
               .allow_private = options_.allow_private,
               .seed = options_.seed,
               .names = options_.names},
              clock, metrics),
      pages_(client_.add_dependency("link_titles", policy())) {}

void TitleFetcher::stop() { client_.stop(); }

base::Result<outbound::Answer> TitleFetcher::get(const std::string& url, base::Mono deadline) {
  const base::Result<outbound::Target> target =
      outbound::check_target(url, {.allow_private = options_.allow_private});
  if (!target.ok()) return forbidden(target.error().detail);
  outbound::Request request;
  request.url = target->url;
  request.headers = {{"User-Agent", options_.user_agent},
                     {"Accept", "text/html, application/xhtml+xml"},
                     {"Accept-Encoding", "identity"}};
  request.deadline = deadline;
  base::Result<outbound::Answer> answer = client_.call(pages_, std::move(request));
  if (answer.ok()) return answer;
  if (answer.error().code == base::Code::kForbidden) return forbidden(answer.error().detail);
  return unavailable(answer.error().detail);
}

base::Result<std::string> TitleFetcher::fetch(const std::string& url, base::Mono deadline) {
  deadline = std::min<base::Mono>(deadline, clock_.mono() + kTimeout);
  std::string at = url.substr(0, url.find('#'));
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    ASHLAR_ASSIGN(const outbound::Answer answer, get(at, deadline));
    if (answer.status == 429 || answer.status >= 500) {
      return unavailable("HTTP " + std::to_string(answer.status));
    }
    const std::string_view location = field_of(answer, "location");
    if (is_redirect(answer.status) && !location.empty()) {
      at = resolve_location(at, location);
      continue;
    }
    const std::string_view encoding = field_of(answer, "content-encoding");
    if (answer.status != 200 || !(encoding.empty() || base::ascii_iequals(encoding, "identity"))) {
      return std::string();
    }
    return html_title(field_of(answer, "content-type"), answer.body);
  }
  return std::string();  // led around
}

}  // namespace ashlar::links
