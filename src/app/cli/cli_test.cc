#include "app/cli/cli.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::app {
namespace {

struct Outcome {
  int code = -1;
  std::string out;
  std::string error;
};

Outcome run(std::vector<std::string> words) {
  words.insert(words.begin(), "ashlar");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.error = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(CommandLine, AWordThatIsNoCommandIsNamed) {
  using Words = std::vector<std::string>;
  for (const auto& [words, named] :
       std::vector<std::pair<Words, std::string>>{{{"bogus"}, "bogus"},
                                                  {{"bogus", "--data", "x"}, "bogus"},
                                                  {{"key", "borrow"}, "key borrow"},
                                                  {{"tenant", "serve"}, "tenant serve"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2) << named;
    EXPECT_EQ(outcome.error, "ashlar: there is no command '" + named + "' (see ashlar --help)\n");
    EXPECT_EQ(outcome.out, "");
  }
  for (const Words& words : {Words{}, Words{"key"}, Words{"serve", "surplus"}, Words{"--no-flag"},
                             Words{"key", "list"}, Words{"verify", "--no-flag"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.error.find("there is no command"), std::string::npos) << outcome.error;
    EXPECT_TRUE(outcome.error.starts_with("ashlar: ")) << outcome.error;
  }
}

TEST(CommandLine, VersionAndHelpDoNotLookAtSettings) {
  ASSERT_EQ(::setenv("ASHLAR_WORKERS", "many", 1), 0);
  const Outcome version = run({"version"});
  const Outcome flag = run({"--version"});
  const Outcome help = run({"--help"});
  const Outcome serve_help = run({"serve", "--help"});
  const Outcome settings = run({"serve", "--print-settings"});
  ASSERT_EQ(::unsetenv("ASHLAR_WORKERS"), 0);
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("ashlar ")) << version.out;
  EXPECT_EQ(flag.code, 0);
  EXPECT_EQ(flag.out, version.out);
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(serve_help.code, 0);
  EXPECT_EQ(settings.code, 2) << "the variable was not there: this showed nothing";
}

TEST(CommandLine, AFolderWithoutADatabaseStaysSo) {
  const storage::TemporaryDirectory folder;
  const std::string data = folder.path() + "/none";
  using Words = std::vector<std::string>;
  for (Words words :
       {Words{"tenant", "list"}, Words{"tenant", "export", "demo"},
        Words{"tenant", "delete", "demo", "--yes"}, Words{"key", "list", "--tenant", "demo"},
        Words{"key", "create", "--tenant", "demo", "--scope", "links:read"},
        Words{"key", "revoke", "--tenant", "demo", "1"}, Words{"admin", "reset-password"},
        Words{"verify"}, Words{"migrate"}, Words{"migrate", "--dry-run"},
        Words{"backup", folder.path() + "/copy.db"}}) {
    const std::string command = words[0];
    words.insert(words.end(), {"--data", data});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 1) << command;
    EXPECT_EQ(outcome.error, "ashlar: " + data + " holds no Ashlar database\n");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CommandLine, MigrateTakesADatabaseThatIsThere) {
  const storage::TemporaryDirectory folder;
  ASSERT_EQ(run({"tenant", "create", "acme", "--data", folder.path() + "/new"}).code, 0);
  const Outcome migrated = run({"migrate", "--data", folder.path() + "/new"});
  EXPECT_EQ(migrated.code, 0) << migrated.error;
  EXPECT_EQ(migrated.out, "0 migrations done\n");
}

TEST(CommandLine, AKeyThatCannotBeIsRefusedInASentence) {
  const storage::TemporaryDirectory folder;
  ASSERT_EQ(run({"tenant", "create", "acme", "--data", folder.path()}).code, 0);
  const std::vector<std::string> create = {"key",      "create", "--data", folder.path(),
                                           "--tenant", "acme",   "--scope"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), create.begin(), create.end());
    return run(more);
  };
  EXPECT_TRUE(
      with({"links:fly"})
          .error.starts_with("ashlar: there is no scope links:fly; there are links:read, "));
  EXPECT_EQ(with({"links:read", "--expires-at", "2001-01-01T00:00:00Z"}).error,
            "ashlar: the expiry must lie in the future\n");
  const Outcome made = with({"links:read"});
  EXPECT_EQ(made.code, 0) << made.error;
  EXPECT_TRUE(made.out.starts_with("ashlar_sk_"));
}

}  // namespace
}  // namespace ashlar::app
