#include "modules/links/links_module.h"

#include <utility>

namespace ashlar::links {

LinksModule::LinksModule(Options options, storage::Database& database, const base::Clock& clk,
                         base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : db(database),
      clock(clk),
      region(options.region),
      links(std::move(options.public_url), std::move(options.own_hosts),
            CodeSpace(options.code_secret), clk, options.outbox),
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
