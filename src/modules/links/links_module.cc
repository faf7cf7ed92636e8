#include "modules/links/links_module.h"

#include <string>
#include <utility>

#include "platform/http/call.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

// From the installation's secret, so that all of its processes divide visitors alike.
kit::SipKey visitor_key_of(std::string_view secret) {
  return {kit::siphash({0x76697369746f7231, 0}, secret),
          kit::siphash({0x76697369746f7232, 0}, secret)};
}

// A link must not lead to a domain either.
OwnHosts with_domains(OwnHosts own, const DomainTable& table) {
  own.also([&table](std::string_view host) { return table.holds(host); });
  return own;
}

// SQLite has one process.
std::optional<std::uint64_t> instance_of(const storage::Database& db, base::Entropy& chance) {
  if (db.dialect() == storage::Dialect::kSqlite) return std::nullopt;
  return chance.u64();
}

abuse::LinkGuard::Options guard_options(const LinksModule::Options& options) {
  return {.refuses_listed = options.abuse.refuses_listed,
          .lists = !options.abuse.lists.url.empty(),
          .protected_hosts = options.abuse.protected_hosts,
          .jobs = options.jobs};
}

}  // namespace

LinksModule::LinksModule(Options options, storage::Database& database, const base::Clock& clk,
                         base::Entropy& randomness, obs::Registry& metrics, obs::Log& logger)
    : db(database),
      clock(clk),
      entropy(randomness),
      log(logger),
      region(options.region),
      visitor_key(visitor_key_of(options.code_secret)),
      domain_table(database, clk, randomness.u64(), metrics),
      domains(options.domains, with_domains(options.own_hosts, domain_table), clk, &guard),
      proofs({.secret = options.code_secret, .dns = options.dns}, database, domains, options.jobs,
             clk, metrics),
      threats(options.abuse.lists, clk, metrics, log),
      creation_limits(options.abuse.limits, metrics),
      guard(guard_options(options), clk),
      links(std::move(options.public_url), with_domains(std::move(options.own_hosts), domain_table),
            CodeSpace(options.code_secret), clk, options.outbox, &guard),
      imports(links, clk),
      import_jobs(imports, database, options.jobs, clk),
      password_hashes(randomness),
      geo(std::move(options.geoip_file)),
      feed(database, clk, instance_of(database, randomness)),
      recorder(database, clk, randomness, metrics, log, &feed, options.click_shards,
               options.detail_one_in, &geo),
      folder(database, clk, metrics, log, [this] { return recorder.busy(); }),
      rollups(database, clk, metrics, log, [this] { return recorder.busy(); }),
      retention(database, clk, log),
      url_hashes(database, CodeSpace(options.code_secret)),
      titles(std::move(options.titles), database, links, options.jobs, clk, metrics),
      reviews(database, links, options.region, clk, metrics),
      domain_stops(database, clk),
      list_checks({.every = options.abuse.recheck_every}, database, links, reviews, domain_stops,
                  threats, clk, metrics, log),
      jobs_(options.jobs) {
  metrics.make_gauge_callback("ashlar_links_geo_built_timestamp_seconds",
                              "When the file of countries was made, as it says; 0: none is read.",
                              {}, [this] { return static_cast<double>(geo.built_at_s()); });
}

// A missing file keeps nobody from following links: it may come later.
void LinksModule::refresh_geo() {
  const base::Result<bool> read = geo.refresh();
  if (!read.ok()) {
    log.warn("the file of countries cannot be used",
             {{"reason", read.error().reason}, {"detail", read.error().detail}});
  } else if (*read) {
    log.info("the file of countries was read", {{"built_at_s", std::to_string(geo.built_at_s())}});
  }
}

void LinksModule::hash_urls() {
  const base::Result<std::int64_t> hashed = url_hashes.run();
  if (hashed.ok()) return;
  log.warn("links of before could not be given their hashes",
           {{"reason", hashed.error().reason}, {"detail", hashed.error().detail}});
}

void LinksModule::expire_reports() {
  const base::Result<std::int64_t> expired = reviews.expire_reports();
  if (expired.ok()) return;
  log.warn("old reports of links could not be removed",
           {{"reason", expired.error().reason}, {"detail", expired.error().detail}});
}

std::vector<jobs::KindOptions> LinksModule::kinds() {
  std::vector<jobs::KindOptions> kinds = list_checks.kinds();
  kinds.push_back(import_jobs.kind());
  kinds.push_back(proofs.kind());
  return kinds;
}

std::optional<abuse::CreationLimits::Refusal> LinksModule::admit(const http::Call& call,
                                                                 std::uint64_t count) {
  return creation_limits.admit(
      {call.principal.key.value, call.principal.tenant.value, call.client_address}, count,
      clock.mono());
}

void LinksModule::start() {
  threats.start();
  if (jobs_ != nullptr) {
    const base::Status begun = list_checks.begin(*jobs_);
    if (!begun.ok()) {
      log.warn("the round over all links has no job", {{"detail", begun.error().detail}});
    }
  }
  recorder.start();
  folder.start();
  rollups.start();
  retention.start();
  refresh_geo();
  chores.emplace("links-chores", kChores, [this] {
    refresh_geo();
    hash_urls();
    expire_reports();
  });
}

void LinksModule::close_streams() { feed.close(); }

base::Status LinksModule::stop() {
  if (chores) chores->stop();
  threats.stop();
  retention.stop();
  rollups.stop();
  folder.stop();
  return recorder.stop();
}

}  // namespace ashlar::links
