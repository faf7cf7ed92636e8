#include "modules/limits/rule_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/limits/rls_service.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {
namespace {

namespace fs = std::filesystem;

class SomeNativeRules final : public NativeRules {
 public:
  std::vector<RuleText> in_use;

  base::Status check(const std::vector<RuleText>& files) override {
    for (const RuleText& file : files) {
      if (file.text == "bad") return base::fail(base::Code::kInvalid, "bad_rule", file.name);
    }
    return {};
  }
  void use(const std::vector<RuleText>& files) override { in_use = files; }
};

class RuleWatchTest : public testing::Test {
 protected:
  RuleWatchTest() {
    std::string name = (fs::temp_directory_path() / "rule-watch-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~RuleWatchTest() override { fs::remove_all(folder_); }
  RuleWatchTest(const RuleWatchTest&) = delete;
  RuleWatchTest& operator=(const RuleWatchTest&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  static std::string rule(int amount) {
    return "domain: d\ndescriptors: [{key: k, rate_limit: {unit: day, requests_per_unit: " +
           std::to_string(amount) + "}}]\n";
  }
  // -1: no rule.
  [[nodiscard]] std::int64_t amount() const {
    const auto tree = service_.tree();
    if (tree->rules().empty()) return -1;
    return tree->rules()[0]->requests_per_unit;
  }
  [[nodiscard]] bool metric_says(const std::string& line) const {
    return metrics_.render().find("\n" + line + "\n") != std::string::npos;
  }

  fs::path folder_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  RlsService service_{{}};
  SomeNativeRules native_;
};

TEST_F(RuleWatchTest, TheFirstLoadSaysWhatIsWrong) {
  write("a.yaml", "domain: ''\n");
  RuleWatch watch(folder_, {}, service_, &native_, log_, metrics_);
  const auto loaded = watch.load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_STREQ(loaded.error().reason, "bad_rule_file");
  EXPECT_EQ(service_.tree(), nullptr);

  RuleWatch nowhere(folder_ / "nowhere", {}, service_, &native_, log_, metrics_);
  EXPECT_STREQ(nowhere.load().error().reason, "no_rule_folder");
}

TEST_F(RuleWatchTest, FollowsWhatChangesAndKeepsWhatWasGood) {
  write("a.yaml", rule(1));
  RuleWatch watch(folder_, {}, service_, &native_, log_, metrics_);
  ASSERT_TRUE(watch.load().ok());
  EXPECT_EQ(amount(), 1);

  const auto before = service_.tree();
  watch.poll();
  watch.poll();
  EXPECT_EQ(service_.tree(), before);  // nothing changed: nothing was made anew

  write("a.yaml", rule(2));
  watch.poll();
  watch.poll();  // where the clock of the files stood still, the second look sees it
  EXPECT_EQ(amount(), 2);

  write("a.yaml", "domain: [");
  watch.poll();
  watch.poll();
  EXPECT_EQ(amount(), 2);
  EXPECT_TRUE(metric_says("ashlar_limits_rule_files_stale 1"));

  write("a.yaml", rule(2));
  watch.poll();
  watch.poll();
  EXPECT_TRUE(metric_says("ashlar_limits_rule_files_stale 0"));

  fs::remove(folder_ / "a.yaml");
  watch.poll();
  EXPECT_EQ(amount(), -1);
}

TEST_F(RuleWatchTest, NativeFilesAreHandedOnAndAnErrorOfTheirsHoldsAllBack) {
  write("a.yaml", rule(1));
  write("b.rules.json", "good");
  RuleWatch watch(folder_, {}, service_, &native_, log_, metrics_);
  ASSERT_TRUE(watch.load().ok());
  ASSERT_EQ(native_.in_use.size(), 1U);
  EXPECT_EQ(native_.in_use[0].name, "b.rules.json");

  write("a.yaml", rule(3));
  write("b.rules.json", "bad");
  watch.poll();
  watch.poll();
  EXPECT_EQ(amount(), 1);
  EXPECT_EQ(native_.in_use[0].text, "good");

  write("b.rules.json", "better");
  watch.poll();
  watch.poll();
  EXPECT_EQ(amount(), 3);
  EXPECT_EQ(native_.in_use[0].text, "better");
}

TEST_F(RuleWatchTest, WhatCountsAsARuleFile) {
  write("b.yaml", "b");
  write(".a", "a");
  write("..data", "not read");
  write("c", "c");
  write("d.rules.json", "d");
  const auto folder = RuleFolder::read(folder_);
  ASSERT_TRUE(folder.ok());
  ASSERT_EQ(folder->yaml.size(), 3U);
  EXPECT_EQ(folder->yaml[0].name, ".a");
  EXPECT_EQ(folder->yaml[2].text, "c");
  EXPECT_EQ(folder->native.size(), 1U);

  fs::create_directory(folder_ / "inner");
  EXPECT_STREQ(RuleFolder::read(folder_).error().reason, "bad_rule_folder");
  fs::remove(folder_ / "inner");
  fs::create_symlink("nowhere", folder_ / "link");
  EXPECT_STREQ(RuleFolder::read(folder_).error().reason, "bad_rule_folder");
}

TEST_F(RuleWatchTest, CheckingAFolderChecksItsNativeRulesToo) {
  write("a.yaml", rule(1));
  write("b.rules.json", R"({"rules":[{"name":"all","limit":3,"per":"hour"}]})");
  std::ostringstream said;
  EXPECT_TRUE(check_rule_folder(folder_, false, said).ok());
  EXPECT_EQ(said.str(), "good: 1 rule file, 1 domain, 1 limit; 1 native rule\n");
  write("c.rules.json", R"({"rules":[{"name":"all","limit":4,"per":"hour"}]})");
  EXPECT_FALSE(check_rule_folder(folder_, false, said).ok()) << "two of one name";
  write("c.rules.json", R"({"rules":[{"name":)");
  const base::Status broken = check_rule_folder(folder_, false, said);
  ASSERT_FALSE(broken.ok());
  EXPECT_TRUE(broken.error().detail.starts_with("c.rules.json: ")) << broken.error().detail;
}

}  // namespace
}  // namespace ashlar::limits
