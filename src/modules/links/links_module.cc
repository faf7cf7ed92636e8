#include "modules/links/links_module.h"

#include <utility>

namespace ashlar::links {
namespace {

// From the installation's secret, so that all of its processes divide visitors alike.
kit::SipKey visitor_key_of(std::string_view secret) {
  return {kit::siphash({0x76697369746f7231, 0}, secret),
          kit::siphash({0x76697369746f7232, 0}, secret)};
}

}  // namespace

LinksModule::LinksModule(Options options, storage::Database& database, const base::Clock& clk,
                         base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : db(database),
      clock(clk),
      region(options.region),
      visitor_key(visitor_key_of(options.code_secret)),
      links(std::move(options.public_url), std::move(options.own_hosts),
            CodeSpace(options.code_secret), clk, options.outbox),
      password_hashes(entropy),
      feed(database, clk),
      recorder(database, clk, entropy, metrics, log, &feed, options.click_shards),
      folder(database, clk, metrics, log, [this] { return recorder.busy(); }),
      retention(database, clk, log) {}

void LinksModule::start() {
  recorder.start();
  folder.start();
  retention.start();
}

void LinksModule::close_streams() { feed.close(); }

base::Status LinksModule::stop() {
  retention.stop();
  folder.stop();
  return recorder.stop();
}

}  // namespace ashlar::links
