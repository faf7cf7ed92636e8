#include "app/modules.h"

#include <optional>
#include <utility>

#include "app/config.h"
#include "app/installation.h"
#include "base/encoding.h"
#include "modules/activity/activity_module.h"
#include "modules/links/links_module.h"
#include "modules/links/redirect_codec.h"
#include "modules/links/redirects.h"
#include "platform/cache/cache_service.h"
#include "platform/cache/hot_keys.h"
#include "platform/cache/redis_far_cache.h"

namespace ashlar::app {
namespace {

void add(http::RouteTable& to, http::RouteTable from) {
  for (http::Route& route : from) to.push_back(std::move(route));
}

// Keys in Redis begin with what only this installation's database knows: two installations that
// share a server never see each other's values.
base::Result<std::unique_ptr<cache::FarCache>> make_far_cache(const Config& config,
                                                              Installation& ashlar) {
  if (config.cache_redis.empty()) return std::unique_ptr<cache::FarCache>();
  constexpr std::size_t kNameBytes = 8;
  ASHLAR_ASSIGN(const std::string name,
                ashlar.settings->get_or_create_secret("cache_prefix", kNameBytes));
  cache::RedisFarOptions options;
  ASHLAR_ASSIGN(options.address, cache::parse_redis_url(config.cache_redis));
  options.prefix = "ashlar:" + base::hex_encode(name);
  options.connections = static_cast<std::size_t>(config.cache_redis_connections);
  return std::unique_ptr<cache::FarCache>(std::make_unique<cache::RedisFarCache>(
      options, ashlar.clock, ashlar.entropy, ashlar.metrics, ashlar.log));
}

// Absence is not kept: creating a link with a code of one's choice then needs no word to the far
// cache.
cache::FarRegionOptions links_region(const Config& config) {
  return {.name = "links",
          .format = links::kRedirectFormat,
          .ttl = base::Seconds{config.cache_far_ttl_s},
          .absent_ttl = base::Millis{0}};
}

}  // namespace

std::vector<std::string> known_scopes() {
  return {"links:read",     "links:write", "activity:read",
          "activity:write", "keys:read",   "keys:write"};
}

std::vector<security::TenantData> tenant_data() {
  return {links::links_tenant_data(), activity::activity_tenant_data()};
}

base::Result<std::string> link_code_secret(Installation& ashlar) {
  return ashlar.settings->get_or_create_secret("links_code_secret", links::CodeSpace::kSecretBytes);
}

struct Modules::Parts {
  Parts(const Needs& needs, std::unique_ptr<cache::FarCache> far,
        links::LinksModule::Options links_options)
      : log(needs.ashlar.log),
        cursors(needs.cursors),
        cache(std::move(far), *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.entropy,
              needs.ashlar.metrics),
        links_values(cache.add_region(links_region(needs.config))),
        links(with_region(std::move(links_options), links_values), *needs.ashlar.db,
              needs.ashlar.clock, needs.ashlar.entropy, needs.ashlar.metrics, needs.ashlar.log),
        redirects({.cache_bytes = needs.config.links_cache_mb << 20,
                   .permanent_max_age = base::Seconds{needs.config.links_permanent_max_age_s},
                   .worker_shard = needs.config.http.io_threads},
                  needs.ashlar.entropy.u64(), *needs.ashlar.db, links.links, links.recorder,
                  links_values, needs.ashlar.clock, needs.ashlar.metrics),
        activity({.board = {.max_bytes = needs.config.activity_memory_mb << 20,
                            .max_dimension_bytes = needs.config.activity_dimension_mb << 20,
                            .seed = needs.ashlar.entropy.u64()}},
                 *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.metrics, needs.ashlar.log) {}

  static links::LinksModule::Options with_region(links::LinksModule::Options options,
                                                 cache::FarRegion& region) {
    options.region = &region;
    return options;
  }

  // A restart does not send everybody to the database at once.
  void keep_warm() {
    if (!hot_codes_file.empty()) {
      warm_up.emplace(cache::take_hot_keys(hot_codes_file),
                      [this](const std::string& code) { redirects.warm(code); });
    }
    cache.add_chore([this] {
      redirects.forget_far();
      if (warm_up && !warm_up->step(kWarmEachTime)) warm_up.reset();
    });
  }
  void save_hot_codes() {
    if (hot_codes_file.empty()) return;
    const base::Status saved = cache::save_hot_keys(hot_codes_file, redirects.hot_codes());
    if (!saved.ok()) log.warn("hot codes not kept", {{"detail", saved.error().detail}});
  }

  static constexpr std::size_t kWarmEachTime = 200;  // codes each CacheService::kTendInterval

  obs::Log& log;
  std::string hot_codes_file;  // empty: nothing is kept
  const http::CursorCodec& cursors;
  cache::CacheService cache;
  cache::FarRegion& links_values;
  links::LinksModule links;
  links::Redirects redirects;
  std::optional<cache::WarmUp> warm_up;
  activity::ActivityModule activity;
};

Modules::Modules(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
// What the thread of the cache calls goes before the cache does.
Modules::~Modules() { parts_->cache.stop(); }

base::Result<std::unique_ptr<Modules>> Modules::make(const Needs& needs) {
  ASHLAR_ASSIGN(std::string secret, link_code_secret(needs.ashlar));
  ASHLAR_ASSIGN(links::OwnHosts hosts, links::OwnHosts::parse(needs.own_hosts));
  links::LinksModule::Options links_options{.public_url = needs.public_url,
                                            .own_hosts = std::move(hosts),
                                            .code_secret = std::move(secret),
                                            .click_shards = needs.config.http.io_threads + 1};
  ASHLAR_ASSIGN(std::unique_ptr<cache::FarCache> far, make_far_cache(needs.config, needs.ashlar));
  auto parts = std::make_unique<Parts>(needs, std::move(far), std::move(links_options));
  if (needs.config.store.empty()) parts->hot_codes_file = needs.config.data_dir + "/links.hot";
  parts->keep_warm();
  ASHLAR_TRY(parts->activity.load());
  return std::unique_ptr<Modules>(new Modules(std::move(parts)));
}

http::RouteTable Modules::routes() {
  http::RouteTable table;
  add(table, links::links_routes(parts_->links, parts_->cursors));
  table.push_back(parts_->redirects.route());
  add(table, activity::activity_routes(parts_->activity));
  return table;
}

http::RequestObserver& Modules::request_observer() { return parts_->activity.feed; }

void Modules::watch(const http::Router& router) { parts_->activity.watch(router); }

void Modules::start() {
  parts_->cache.start();
  parts_->links.start();
  parts_->activity.start();
}

void Modules::close_streams() { parts_->links.close_streams(); }

base::Status Modules::stop() {
  parts_->activity.stop();
  if (parts_->cache.stop()) parts_->save_hot_codes();
  return parts_->links.stop();
}

}  // namespace ashlar::app
