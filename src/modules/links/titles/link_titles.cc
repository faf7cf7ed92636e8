#include "modules/links/titles/link_titles.h"

#include <algorithm>
#include <utility>

#include "modules/links/link_ref.h"
#include "modules/links/links.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/target.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

struct TitleJob {
  std::string link;  // link_key()
  std::string url;
};

const json::Schema<TitleJob>& title_job_schema() {
  static const auto kSchema = json::Schema<TitleJob>("LinkTitleJob", "Payload of links.title.")
                                  .required("link", &TitleJob::link)
                                  .required("url", &TitleJob::url);
  return kSchema;
}

obs::Counter& counter(obs::Registry& metrics, const char* outcome) {
  return metrics.make_counter("ashlar_links_titles_total", "Pages asked for their title.",
                              {{"outcome", outcome}});
}

}  // namespace

LinkTitles::LinkTitles(TitleFetcher::Options options, storage::Database& db, const Links& links,
                       jobs::Jobs* jobs, const base::Clock& clock, obs::Registry& metrics)
    : db_(db),
      links_(links),
      jobs_(jobs),
      fetcher_(std::move(options), clock, metrics),
      set_count_(counter(metrics, "set")),
      none_count_(counter(metrics, "none")),
      forbidden_count_(counter(metrics, "forbidden")),
      unavailable_count_(counter(metrics, "unavailable")) {}

base::Status LinkTitles::ask(storage::Transaction& tx, const Link& link,
                             std::string_view traceparent) const {
  if (jobs_ == nullptr || !link.settings.title.empty()) return base::ok_status();
  jobs::NewJob job{.kind = std::string(kTitleJob),
                   .payload = {},
                   .meta = {},
                   .run_at = {},
                   .unique_key = {},
                   .key = {},
                   .key_limit = kPerHost,
                   .max_attempts = kTries,
                   .timeout = kJobTimeout,
                   .traceparent = std::string(traceparent)};
  json::Writer writer(job.payload);
  title_job_schema().write(
      writer, {.link = link_key({.host = link.domain_host, .code = link.code}), .url = link.url});
  // What is no target of ours is forbidden when its turn comes, with the others.
  const auto target =
      outbound::check_target(link.url.substr(0, link.url.find('#')), {.allow_private = true});
  job.key = target.ok() ? target->host : std::string("none");
  ASHLAR_TRY(jobs_->enqueue(tx, job));
  return base::ok_status();
}

jobs::KindOptions LinkTitles::kind() {
  return {.kind = std::string(kTitleJob),
          .handler = jobs::Handler([this](const jobs::Attempt& attempt) { return work(attempt); }),
          .concurrency = static_cast<int>(TitleFetcher::kAtOnce),
          .prefetch = 2 * static_cast<int>(TitleFetcher::kAtOnce),
          .retry = {.delays = {base::Millis{30'000}, base::Millis{600'000}}}};
}

void LinkTitles::stop() { fetcher_.stop(); }

jobs::Outcome LinkTitles::work(const jobs::Attempt& attempt) {
  const base::Result<TitleJob> job = title_job_schema().parse_body(attempt.job.payload);
  if (!job.ok()) return jobs::Outcome::dead(job.error().detail);
  const base::Result<std::string> title = fetcher_.fetch(job->url, attempt.deadline);
  if (!title.ok()) {
    const bool forbidden = title.error().code == base::Code::kForbidden;
    (forbidden ? forbidden_count_ : unavailable_count_).add();
    return forbidden ? jobs::Outcome::dead(title.error().detail)
                     : jobs::Outcome::failed(title.error().detail);
  }
  if (title->empty()) {
    none_count_.add();
    return jobs::Outcome::done("no title");
  }
  const base::Status status =
      set(attempt.job.tenant, job->link, job->url, *title, attempt.job.traceparent);
  if (!status.ok()) return jobs::Outcome::failed(status.error().detail);
  set_count_.add();
  return jobs::Outcome::done();
}

base::Status LinkTitles::set(base::TenantId tenant, std::string_view key, std::string_view url,
                             const std::string& title, std::string_view traceparent) {
  const LinkRef ref = ref_of_key(key);
  return db_.write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) -> base::Status {
    const base::Result<Link> link = links_.find(tx, ref);
    if (!link.ok()) {
      return link.error().code == base::Code::kNotFound ? base::ok_status() : link.error();
    }
    if (link->url != url || !link->settings.title.empty()) return base::ok_status();
    LinkChange change;
    change.settings.title = title;
    ASHLAR_TRY(links_.update(tx, ref, change, link->version, traceparent));
    return base::ok_status();
  });
}

}  // namespace ashlar::links
