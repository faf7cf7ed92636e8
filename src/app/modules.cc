#include "app/modules.h"

#include "app/config.h"
#include "app/installation.h"
#include "modules/activity/activity_module.h"
#include "modules/links/links_module.h"
#include "modules/links/redirects.h"

namespace ashlar::app {
namespace {

void add(http::RouteTable& to, http::RouteTable from) {
  for (http::Route& route : from) to.push_back(std::move(route));
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
  Parts(const Needs& needs, links::LinksModule::Options links_options)
      : cursors(needs.cursors),
        links(std::move(links_options), *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.entropy,
              needs.ashlar.metrics, needs.ashlar.log),
        redirects({.cache_bytes = needs.config.links_cache_mb << 20,
                   .permanent_max_age = base::Seconds{needs.config.links_permanent_max_age_s},
                   .worker_shard = needs.config.http.io_threads},
                  needs.ashlar.entropy.u64(), *needs.ashlar.db, links.links, links.recorder,
                  needs.ashlar.clock, needs.ashlar.metrics),
        activity({.max_bytes = needs.config.activity_memory_mb << 20,
                  .board = {.max_dimension_bytes = needs.config.activity_dimension_mb << 20,
                            .seed = needs.ashlar.entropy.u64()}},
                 *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.metrics, needs.ashlar.log) {}

  const http::CursorCodec& cursors;
  links::LinksModule links;
  links::Redirects redirects;
  activity::ActivityModule activity;
};

Modules::Modules(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Modules::~Modules() = default;

base::Result<std::unique_ptr<Modules>> Modules::make(const Needs& needs) {
  ASHLAR_ASSIGN(std::string secret, link_code_secret(needs.ashlar));
  ASHLAR_ASSIGN(links::OwnHosts hosts, links::OwnHosts::parse(needs.own_hosts));
  links::LinksModule::Options links_options{.public_url = needs.public_url,
                                            .own_hosts = std::move(hosts),
                                            .code_secret = std::move(secret),
                                            .click_shards = needs.config.http.io_threads + 1};
  auto parts = std::make_unique<Parts>(needs, std::move(links_options));
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
  parts_->links.start();
  parts_->activity.start();
}

void Modules::close_streams() { parts_->links.close_streams(); }

base::Status Modules::stop() {
  parts_->activity.stop();
  return parts_->links.stop();
}

}  // namespace ashlar::app
