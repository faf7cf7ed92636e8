#include "app/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::app {
namespace {

std::string detail_of(const base::Status& status) {
  if (status.ok()) return {};
  EXPECT_EQ(status.error().code, base::Code::kInvalid);
  EXPECT_STREQ(status.error().reason, "wrong_setting");
  EXPECT_EQ(status.error().detail.find('\n'), std::string::npos);
  return status.error().detail;
}

std::string applied(std::string_view key, std::string_view text) {
  ConfigLoader loader;
  return detail_of(loader.apply(key, text, "here"));
}

std::string finished(ConfigLoader& loader) {
  const base::Result<Config> config = loader.finish();
  return config.ok() ? "" : detail_of(config.error());
}

std::string from_environment(const Environment& environment) {
  ConfigLoader loader;
  return detail_of(loader.apply_environment(environment));
}

TEST(Config, EverySettingTakesWhatItPrints) {
  const Config defaults;
  for (const Setting& setting : settings()) {
    const std::string text = setting.get(defaults);
    EXPECT_EQ(applied(setting.key, text), "") << setting.key << " = " << text;
    Config config;
    ASSERT_TRUE(setting.set(config, text).ok()) << setting.key;
    EXPECT_EQ(setting.get(config), text) << setting.key;
  }
}

TEST(Config, NoTwoSettingsShareAKeyOrAVariable) {
  std::set<std::string> names;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(names.insert(std::string(setting.key)).second) << setting.key;
    EXPECT_TRUE(names.insert(environment_name(setting.key)).second) << setting.key;
  }
  EXPECT_EQ(environment_name("http.io_threads"), "ASHLAR_HTTP_IO_THREADS");
}

TEST(Config, WhatIsWrongNamesTheSettingAndWhereItIs) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"listen", "foo:18732"},
      {"listen", "127.0.0.1"},
      {"listen", ":80"},
      {"listen", "[::1:80"},
      {"listen", "127.0.0.1:"},
      {"listen", "127.0.0.1:-1"},
      {"listen", "127.0.0.1:8o"},
      {"listen", ""},
      {"metrics.listen", "bogus"},
      {"metrics.listen", "example.com:9090"},
      {"http.trusted_proxies", "bogus"},
      {"http.trusted_proxies", "10.0.0.1,10.0.0.0/99"},
      {"cors.origins", "bogus"},
      {"cors.origins", "https://a.example,*"},
      {"cors.tenant_origins", "demo=bogus"},
      {"cors.tenant_origins", "https://a.example"},
      {"otlp.endpoint", "bogus"},
      {"otlp.endpoint", "127.0.0.1:4318"},
      {"otlp.endpoint", "http://"},
      {"public_url", "http://"},
      {"public_url", "https:///x"},
      {"public_url", "ftp://sho.rt"},
      {"public_url", "https://sho.rt/?x"},
      {"public_url", "https://sho.rt/\x01"},
      {"public_url", "https://sho.rt:99999"},
      {"data", ""},
      {"store", "mysql://x"},
      {"workers", ""},
      {"workers", "12x"},
      {"no.such", "1"},
  };
  for (const auto& [key, text] : wrong) {
    const std::string detail = applied(key, text);
    EXPECT_TRUE(detail.starts_with(key + ": ")) << key << " = " << text << ": " << detail;
    EXPECT_TRUE(detail.ends_with(" (from here)")) << key << " = " << text << ": " << detail;
  }
}

TEST(Config, ANumberOutOfItsBoundsIsStillANumber) {
  for (const char* port : {"65536", "99999", "99999999999999999999"}) {
    EXPECT_EQ(applied("listen", std::string("127.0.0.1:") + port),
              "listen: the port must be between 0 and 65535 (from here)");
  }
  EXPECT_EQ(applied("workers", "99999999999999999999"),
            "workers: must be between 1 and 1024 (from here)");
  EXPECT_EQ(applied("workers", "many"), "workers: 'many' is not a number (from here)");
}

TEST(Config, WhatIsRightIsTaken) {
  for (const auto& [key, text] : std::vector<std::pair<std::string, std::string>>{
           {"listen", "[::1]:0"},
           {"listen", "[fe80::1%eth0]:80"},
           {"listen", "localhost:65535"},
           {"metrics.listen", "0.0.0.0:9090"},
           {"http.trusted_proxies", "10.0.0.0/8,fd00::/8,192.0.2.1"},
           {"cors.origins", "https://a.example,http://localhost:3000"},
           {"cors.tenant_origins", "demo=https://a.example,demo=https://b.example"},
           {"otlp.endpoint", "https://collector.example:4318/otlp"},
           {"public_url", "https://sho.rt/"},
           {"public_url", "http://[::1]:8080"}}) {
    EXPECT_EQ(applied(key, text), "") << key << " = " << text;
  }
}

TEST(Config, AWrongValueChangesNothing) {
  Config config;
  for (const Setting& setting : settings()) {
    if (setting.key != "cors.tenant_origins") continue;
    ASSERT_TRUE(setting.set(config, "demo=https://a.example").ok());
    ASSERT_FALSE(setting.set(config, "demo=https://b.example,demo=bogus").ok());
    EXPECT_EQ(setting.get(config), "demo=https://a.example");
  }
}

TEST(Config, CertificateAndKeyGoTogetherAndCanBeRead) {
  const storage::TemporaryDirectory folder;
  const std::string file = folder.path() + "/x.pem";
  std::ofstream(file) << "x";

  ConfigLoader alone;
  ASSERT_TRUE(alone.apply("tls.certificate", file, "here").ok());
  EXPECT_EQ(finished(alone),
            "tls.certificate: goes with tls.private_key: give both or none (from here)");

  ConfigLoader missing;
  ASSERT_TRUE(missing.apply("tls.certificate", file, "here").ok());
  ASSERT_TRUE(missing.apply("tls.private_key", folder.path() + "/none", "there").ok());
  EXPECT_EQ(finished(missing), "tls.private_key: cannot read " + folder.path() +
                                   "/none: No such file or directory (from there)");

  ConfigLoader no_file;
  ASSERT_TRUE(no_file.apply("tls.certificate", folder.path(), "here").ok());
  ASSERT_TRUE(no_file.apply("tls.private_key", file, "there").ok());
  EXPECT_EQ(finished(no_file),
            "tls.certificate: cannot read " + folder.path() + ": it is a folder (from here)");

  ConfigLoader both;
  ASSERT_TRUE(both.apply("tls.certificate", file, "here").ok());
  ASSERT_TRUE(both.apply("tls.private_key", file, "there").ok());
  EXPECT_EQ(finished(both), "");
}

TEST(Config, AVariableLikeASettingsIsAMistake) {
  for (const char* name :
       {"ASHLAR_HTTP_IO_THREAD", "ASHLAR_WORKER", "ASHLAR_WORKERS_QUEUE", "ASHLAR_PUBLIC_URI",
        "ASHLAR_LINKS_CACHE", "ASHLAR_TLS_CERT", "ASHLAR_DATA_DIR", "ASHLAR_HTTP"}) {
    EXPECT_EQ(from_environment({{name, "1"}}),
              std::string(name) + ": there is no such setting (from environment)");
  }
  for (const char* name : {"ASHLAR_BIN", "ASHLAR_BUILD", "ASHLAR_TEST_POSTGRES", "ASHLAR_FUZZ",
                           "ASHLAR_CHROMIUM", "ASHLAR_UNIT_TIMEOUT", "ASHLAR_API", "ASHLAR_PORT",
                           "ASHLAR_SERVICE_HOST", "ASHLAR_", "PATH", "XASHLAR_HTTP_X"}) {
    EXPECT_EQ(from_environment({{name, "1"}}), "");
  }
  EXPECT_EQ(from_environment({{"ASHLAR_WORKERS", "x"}}),
            "workers: 'x' is not a number (from environment ASHLAR_WORKERS)");
}

TEST(Config, TheLaterPlaceWinsAndIsNamed) {
  const storage::TemporaryDirectory folder;
  const std::string file = folder.path() + "/ashlar.toml";
  std::ofstream(file) << "workers = 3\nworker_queue = 30\n\n[http]\nidle_timeout_s = 7\n"
                         "[tls]\ncertificate = \"/none\"\nprivate_key = \"/none\"\n";
  ConfigLoader loader;
  ASSERT_TRUE(loader.apply_file(file).ok());
  EXPECT_EQ(finished(loader),
            "tls.certificate: cannot read /none: No such file or directory (from " + file + ":7)");
  ASSERT_TRUE(
      loader.apply_environment({{"ASHLAR_WORKERS", "4"}, {"ASHLAR_WORKER_QUEUE", "40"}}).ok());
  ASSERT_TRUE(loader.apply("workers", "5", "--set").ok());
  for (const char* key : {"tls.certificate", "tls.private_key"}) {
    ASSERT_TRUE(loader.apply(key, "", "--set").ok());
  }
  const base::Result<Config> config = loader.finish();
  ASSERT_TRUE(config.ok()) << config.error().detail;
  EXPECT_EQ(config->workers, 5U);
  EXPECT_EQ(config->worker_queue, 40U);
  EXPECT_EQ(config->http.idle_timeout, base::Millis{7000});
}

TEST(Config, AFileWithAnUnknownSettingIsRefusedWithItsLine) {
  const storage::TemporaryDirectory folder;
  const std::string file = folder.path() + "/ashlar.toml";
  std::ofstream(file) << "[http]\nspeed = 9\n";
  ConfigLoader loader;
  EXPECT_EQ(detail_of(loader.apply_file(file)),
            "http.speed: there is no such setting (from " + file + ":2)");
}

TEST(Config, APasswordIsNotPrinted) {
  for (const char* store :
       {"postgres://user:hidden@host/db", "postgres://host/db?user=u&password=hidden"}) {
    Config config;
    config.store = store;
    config.cache_redis = "redis://:hidden@127.0.0.1:6379";
    for (const Setting& setting : settings()) {
      EXPECT_EQ(setting.get(config).find("hidden"), std::string::npos) << setting.key;
    }
    const std::string printed = settings_as_toml(config);
    EXPECT_NE(printed.find("\n# store = "), std::string::npos) << printed;
    EXPECT_NE(printed.find("\n# cache.redis = "), std::string::npos) << printed;
  }
}

Config read_back(const std::string& printed) {
  const storage::TemporaryDirectory folder;
  const std::string file = folder.path() + "/ashlar.toml";
  std::ofstream(file) << printed;
  ConfigLoader loader;
  const base::Status read = loader.apply_file(file);
  EXPECT_TRUE(read.ok()) << read.error().detail << "\n" << printed;
  const base::Result<Config> config = loader.finish();
  EXPECT_TRUE(config.ok()) << config.error().detail;
  return *config;
}

TEST(Config, WhatIsPrintedCanBeTheFile) {
  Config odd;
  odd.data_dir = "a \"folder\" \\ with\ttabs # and 1";
  odd.store = "postgres:///db";
  odd.metrics_listen = "[::1]:9090";
  odd.otlp_sample_ratio = 1e-7;
  odd.http.proxy_protocol = true;
  odd.http.trusted_proxies = {"10.0.0.0/8", "::1"};
  odd.http.cors.tenant_origins = {{"demo", {"https://a.example", "https://b.example"}}};
  Config numbers;
  numbers.data_dir = "007";
  numbers.otlp_sample_ratio = 1;
  Config real;
  real.data_dir = "1.50";
  for (const Config& config : {Config{}, odd, numbers, real}) {
    const std::string printed = settings_as_toml(config);
    const Config again = read_back(printed);
    EXPECT_EQ(settings_as_toml(again), printed);
    EXPECT_EQ(again.data_dir, config.data_dir);
    EXPECT_EQ(again.otlp_sample_ratio, config.otlp_sample_ratio);
  }
}

}  // namespace
}  // namespace ashlar::app
