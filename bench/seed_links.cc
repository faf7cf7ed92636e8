// seed_links: fills an installation with links of the tenant `demo`, by the product's own code.
//
//   seed_links --data DIR [--store postgres://…] --links N --codes FILE [--zipf FILE --draws N]
//
// Codes come from the installation's own secret and targets pass the check that the API makes; only
// HTTP is left out, and a transaction holds kBatch creates. --codes gets "/CODE" a line, in the
// order of creation. --zipf gets draws from the codes by Zipf(1.0), "/CODE" a line: what bench/load
// and wrk replay. Which link is how popular has nothing to do with its age. The same seed, the same
// draws.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/installation.h"
#include "app/modules.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/testing/zipf.h"
#include "modules/links/links.h"

namespace ashlar {
namespace {

// More makes it slower: inside a savepoint SQLite walks its journal in memory, from the start, at
// the end of each statement.
constexpr std::int64_t kBatch = 500;
constexpr std::int64_t kSaidEvery = 500'000;
constexpr std::string_view kTenant = "demo";
constexpr std::uint64_t kSeed = 2026;

using Options = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "seed_links: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options{{"--data", ""},  {"--store", ""}, {"--links", ""},
                  {"--codes", ""}, {"--zipf", ""},  {"--draws", "2000000"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  if (options["--data"].empty() || options["--codes"].empty()) die("--data and --codes are needed");
  return options;
}

base::Result<app::Config> config_of(const Options& options) {
  app::ConfigLoader loader;
  for (const std::string_view key : {"data", "store"}) {
    const std::string& value = options.find("--" + std::string(key))->second;
    if (!value.empty()) ASHLAR_TRY(loader.apply(key, value, "--" + std::string(key)));
  }
  ASHLAR_TRY(loader.apply("log.level", "warn", "seed_links"));
  return loader.finish();
}

base::Result<base::TenantId> tenant_of(app::Installation& ashlar) {
  const base::Result<security::Tenant> known = ashlar.tenants->find(kTenant);
  if (known.ok()) return known->id;
  ASHLAR_ASSIGN(const security::Tenant made, ashlar.tenants->create(kTenant));
  return made.id;
}

std::string target(std::int64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 10 ? 10 - digits.size() : 0, '0');
  return "https://www.example.com/catalogue/items/" + digits + "?ref=letter";
}

base::Status create_batch(app::Installation& ashlar, const links::Links& links,
                          base::TenantId tenant, std::int64_t first, std::int64_t count,
                          std::ofstream& codes) {
  std::string lines;
  ASHLAR_TRY(ashlar.db->write(storage::Context::tenant(tenant),
                              [&](storage::Transaction& tx) -> base::Status {
                                lines.clear();
                                for (std::int64_t i = first; i < first + count; ++i) {
                                  links::NewLink wanted;
                                  wanted.url = target(i);
                                  ASHLAR_ASSIGN(const links::Link link, links.create(tx, wanted));
                                  lines += "/" + link.code + "\n";
                                }
                                return base::ok_status();
                              }));
  codes << lines;
  return base::ok_status();
}

base::Status seed(const Options& options) {
  const std::int64_t wanted = std::atoll(options.find("--links")->second.c_str());
  ASHLAR_ASSIGN(const app::Config config, config_of(options));
  ASHLAR_ASSIGN(const std::unique_ptr<app::Installation> ashlar, app::Installation::open(config));
  ASHLAR_ASSIGN(const base::TenantId tenant, tenant_of(*ashlar));
  ASHLAR_ASSIGN(const std::string secret, app::link_code_secret(*ashlar));
  ASHLAR_ASSIGN(links::OwnHosts hosts, links::OwnHosts::parse({"127.0.0.1"}));
  const links::Links links("http://127.0.0.1", std::move(hosts), links::CodeSpace(secret),
                           ashlar->clock);
  std::ofstream codes(options.find("--codes")->second);
  const base::Mono start = ashlar->clock.mono();
  for (std::int64_t done = 0; done < wanted;) {
    const std::int64_t count = std::min(kBatch, wanted - done);
    ASHLAR_TRY(create_batch(*ashlar, links, tenant, done, count, codes));
    done += count;
    if (done % kSaidEvery != 0 && done != wanted) continue;
    const double seconds = std::chrono::duration<double>(ashlar->clock.mono() - start).count();
    std::fprintf(stderr, "seed_links: %lld links, %.0f a second\n", static_cast<long long>(done),
                 static_cast<double>(done) / seconds);
  }
  if (!codes.flush()) die("cannot write the codes");
  return base::ok_status();
}

void write_zipf(const Options& options) {
  const std::string& path = options.find("--zipf")->second;
  if (path.empty()) return;
  std::ifstream in(options.find("--codes")->second, std::ios::binary);
  const std::string codes(std::istreambuf_iterator<char>(in), {});
  std::vector<std::uint64_t> starts;
  for (std::size_t at = 0; at < codes.size(); at = codes.find('\n', at) + 1) starts.push_back(at);
  if (starts.empty()) die("no codes to draw from");
  base::Random random(kSeed);
  for (std::size_t i = starts.size() - 1; i > 0; --i)
    std::swap(starts[i], starts[random.below(i + 1)]);
  const kit::Zipf zipf(starts.size());
  std::ofstream out(path, std::ios::binary);
  for (std::int64_t left = std::atoll(options.find("--draws")->second.c_str()); left > 0; --left) {
    const std::uint64_t at = starts[zipf.draw(random) - 1];
    out << std::string_view(codes).substr(at, codes.find('\n', at) + 1 - at);
  }
  if (!out.flush()) die("cannot write " + path);
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  const ashlar::Options options = ashlar::parse(argc, argv);
  const ashlar::base::Status status = ashlar::seed(options);
  if (!status.ok()) ashlar::die(status.error().detail);
  ashlar::write_zipf(options);
  return 0;
}
