#include "app/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "app/cli/commands.h"
#include "app/cli/top.h"
#include "app/cli/top_options.h"
#include "app/cli/verify.h"
#include "app/installation.h"
#include "base/clock.h"

namespace ashlar::app {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

// What every command that works on an installation takes; empty: not given.
struct Common {
  std::string config_file;
  std::string data;
  std::string store;
  std::string listen;
  std::vector<std::string> sets;  // KEY=VALUE
  // What `serve` takes as a flag of its own, by key.
  std::map<std::string, std::string> flags;
};

int report(const base::Error& error, int code) {
  std::fprintf(stderr, "ashlar: %s\n", error.detail.c_str());
  return code;
}

// "limits.http_listen" is --limits-http-listen.
std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '_'; }, '-');
  return name;
}

base::Result<Config> load(const Common& given) {
  ConfigLoader loader;
  if (!given.config_file.empty()) ASHLAR_TRY(loader.apply_file(given.config_file));
  ASHLAR_TRY(loader.apply_environment(process_environment()));
  if (!given.data.empty()) ASHLAR_TRY(loader.apply("data", given.data, "--data"));
  if (!given.store.empty()) ASHLAR_TRY(loader.apply("store", given.store, "--store"));
  if (!given.listen.empty()) ASHLAR_TRY(loader.apply("listen", given.listen, "--listen"));
  for (const auto& [key, value] : given.flags) {
    ASHLAR_TRY(loader.apply(key, value, flag_name(key)));
  }
  for (const std::string& set : given.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) {
      return base::fail(base::Code::kInvalid, "wrong_setting", "--set wants KEY=VALUE, not " + set);
    }
    ASHLAR_TRY(loader.apply(set.substr(0, equals), set.substr(equals + 1), "--set"));
  }
  return loader.finish();
}

void add_common(CLI::App& command, Common& common) {
  command.add_option("--data", common.data, "Folder of everything that is kept (default ./data)")
      ->type_name("DIR");
  command.add_option("--store", common.store, "postgres://… instead of SQLite in DIR")
      ->type_name("URL");
  command.add_option("--config", common.config_file, "Settings, TOML")->type_name("FILE");
  command.add_option("--set", common.sets, "Any setting, e.g. --set http.io_threads=2")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

using Action = std::function<base::Status(const Config&)>;

struct Commands {
  CLI::App app{"Ashlar: the backend that every product ends up building, in one binary."};
  Common common;
  Action
      chosen;  // none: the command was done while it was parsed and has nothing to do with settings

  std::string tenant;
  std::string id;
  std::string path;
  KeyCreate key;
  TopWords top;
  std::vector<std::string> head_files;
  bool flag = false;

  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& doc, Action action) {
    CLI::App* command = parent.add_subcommand(name, doc);
    add_common(*command, common);
    command->callback([this, action = std::move(action)] { chosen = action; });
    return command;
  }
  CLI::App& group(const std::string& name, const std::string& doc) {
    CLI::App* group = app.add_subcommand(name, doc);
    group->require_subcommand(1);
    return *group;
  }

  void add_server();
  void add_setting_flags(CLI::App& serving_command);
  void add_tenants();
  void add_keys();
  void add_upkeep();
  void add_limits();
  void add_payments();
  void add_top();
};

void Commands::add_server() {
  CLI::App* serving = add(app, "serve", "Run the server",
                          [this](const Config& c) { return flag ? print_settings(c) : serve(c); });
  serving->add_option("--listen", common.listen, "Address (default 127.0.0.1:8080)")
      ->type_name("HOST:PORT");
  serving->add_flag("--print-settings", flag, "Print the settings in force and stop");
  add_setting_flags(*serving);
  add(app, "migrate", "Bring the database's schema up to date", [this](const Config& c) {
    return migrate(c, flag);
  })->add_flag("--dry-run", flag, "Only say what would be done");
}

// What decides where the server listens and what it serves; every other setting takes --set.
void Commands::add_setting_flags(CLI::App& serving_command) {
  constexpr std::array<std::string_view, 9> kKeys{
      "limits.config", "grpc.listen",    "resp.listen",  "limits.http_listen", "redis",
      "stripe.listen", "faktory.listen", "faktory.keys", "public_url"};
  for (const Setting& setting : settings()) {
    if (std::ranges::find(kKeys, setting.key) == kKeys.end()) continue;
    serving_command.add_option_function<std::string>(
        flag_name(setting.key),
        [this, wanted = std::string(setting.key)](const std::string& value) {
          common.flags[wanted] = value;
        },
        std::string(setting.doc));
  }
}

void Commands::add_tenants() {
  CLI::App& tenants = group("tenant", "Tenants: create, list, export, delete");
  add(tenants, "create", "Create a tenant",
      [this](const Config& c) { return tenant_create(c, tenant); })
      ->add_option("NAME", tenant, "1 to 63 of a-z, 0-9, -")
      ->required();
  add(tenants, "list", "List the tenants", tenant_list);
  add(tenants, "export", "Write everything of a tenant as JSON Lines to standard output",
      [this](const Config& c) { return tenant_export(c, tenant); })
      ->add_option("NAME", tenant)
      ->required();
  CLI::App* remove = add(tenants, "delete", "Delete a tenant and everything that it has",
                         [this](const Config& c) { return tenant_delete(c, tenant, flag); });
  remove->add_option("NAME", tenant)->required();
  remove->add_flag("--yes", flag, "Do not ask");
}

void Commands::add_keys() {
  CLI::App& keys = group("key", "API keys: create, list, revoke");
  CLI::App* create = add(keys, "create", "Create a key; prints the key alone",
                         [this](const Config& c) { return key_create(c, key); });
  create->add_option("--tenant", key.tenant, "Whose key")->required()->type_name("NAME");
  create->add_option("--scope", key.scopes, "What it may do, e.g. links:write; repeatable")
      ->required()
      ->type_name("SCOPE")
      ->allow_extra_args(false);
  create->add_option("--name", key.name, "What it is for")->type_name("TEXT");
  create->add_option("--expires-at", key.expires_at, "RFC 3339")->type_name("TIME");
  add(keys, "list", "List a tenant's keys", [this](const Config& c) { return key_list(c, tenant); })
      ->add_option("--tenant", tenant, "Whose keys")
      ->required()
      ->type_name("NAME");
  CLI::App* revoke = add(keys, "revoke", "Revoke a key",
                         [this](const Config& c) { return key_revoke(c, tenant, id); });
  revoke->add_option("--tenant", tenant, "Whose key")->required()->type_name("NAME");
  revoke->add_option("ID", id, "As `key list` prints it")->required();
}

void Commands::add_upkeep() {
  CLI::App& admin = group("admin", "The console's administrator");
  add(admin, "reset-password", "Set the password, read from standard input; ends all sessions",
      admin_reset_password);
  add(app, "verify", "Check the database, and every book of the ledger from its first transfer on",
      [this](const Config& c) { return verify(c, head_files); })
      ->add_option("--head", head_files, "A head that was kept (GET /v1/ledger/head); repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add(app, "backup", "Write a consistent copy of the SQLite database",
      [this](const Config& c) { return backup(c, path); })
      ->add_option("FILE", path, "Must not exist")
      ->required();
  app.add_subcommand("version", "Print the version")->callback([] {
    std::printf("ashlar %s\n", kVersion);
  });
}

void Commands::add_limits() {
  CLI::App& limits = group("limits", "Rate limits: check");
  add(limits, "check",
      "Read a folder of rule files as `serve` would; 1 and the reason where it is bad",
      [this](const Config& c) { return limits_check(c, path); })
      ->add_option("DIR", path, "As --limits-config of `serve`")
      ->required();
}

void Commands::add_payments() {
  CLI::App& payments = group("payments", "Payments: explain");
  CLI::App* explain = add(payments, "explain", "All that has happened to a payment, oldest first",
                          [this](const Config& c) { return payments_explain(c, tenant, id); });
  explain->add_option("ID", id, "Of a payment, a part of one, or a payout: pay_…, re_…, po_…")
      ->required();
  explain->add_option("--tenant", tenant, "Whose; without it all are asked")->type_name("NAME");
}

void Commands::add_top() {
  CLI::App* const command =
      app.add_subcommand("top", "Who or what occurs most in a log, as it comes");
  command->add_option("FILE", top.files, "Logs; without one, standard input");
  command->add_flag("--once", top.once, "Print the table once, at the end of the input");
  const auto option = [command](const char* name, std::string& word, const char* doc) {
    command->add_option(name, word, doc)->take_last()->capture_default_str()->type_name("");
  };
  option("--k", top.k, "Rows");
  option("--window", top.window, "How far back from the newest time: 1s to 1d");
  option("--by", top.by, "What to count: user, action, endpoint");
  option("--format", top.format, "table, tsv, json");
  option("--input", top.input, "Form of the lines: auto, plain, clf, json");
  option("--interval", top.interval, "Between two tables, unless --once");
  option("--max-memory", top.max_memory, "Above it counts become bounds: 16m to 16g");
}

int top_command(const TopWords& words) {
  const base::Result<TopOptions> options = read_top_words(words);
  if (!options.ok()) return report(options.error(), kWrongUse);
  const base::SystemClock clock;
  const base::Status status = run_top(*options, clock);
  return status.ok() ? 0 : report(status.error(), kFailed);
}

// The words up to the first that is no command where one must stand; empty: all are commands. Only
// CLI11 knows which words are values of options, so options end the search.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  std::vector<const CLI::App*> choices = app.get_subcommands({});
  std::string words;
  for (int i = 1; i < argc && !choices.empty(); ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) return {};
    words += (words.empty() ? "" : " ") + word;
    const auto chosen = std::ranges::find(choices, word, &CLI::App::get_name);
    if (chosen == choices.end()) return words;
    choices = (*chosen)->get_subcommands({});
  }
  return {};
}

int report_wrong_use(const CLI::ParseError& error, const CLI::App& app, int argc, char** argv) {
  const std::string unknown = unknown_command(app, argc, argv);
  const std::string what = unknown.empty() ? error.what() : "there is no command '" + unknown + "'";
  std::fprintf(stderr, "ashlar: %s (see ashlar --help)\n", what.c_str());
  return kWrongUse;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Commands commands;
  commands.app.require_subcommand(1);
  commands.app.set_version_flag("--version", std::string("ashlar ") + kVersion);
  commands.app.footer(
      "Settings: docs/OPERATIONS.md. Each also from the environment: "
      "http.io_threads is ASHLAR_HTTP_IO_THREADS.");
  commands.add_server();
  commands.add_tenants();
  commands.add_keys();
  commands.add_upkeep();
  commands.add_limits();
  commands.add_payments();
  commands.add_top();
  try {
    commands.app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return commands.app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return report_wrong_use(error, commands.app, argc, argv);
  }
  if (commands.app.got_subcommand("top")) return top_command(commands.top);
  if (!commands.chosen) return 0;
  const base::Result<Config> config = load(commands.common);
  if (!config.ok()) return report(config.error(), kWrongUse);
  const base::Status status = commands.chosen(*config);
  if (status.ok()) return 0;
  // Some settings are proved only by use: origins, proxies, certificates, the metrics' listener.
  const bool wrong_setting =
      commands.app.got_subcommand("serve") && status.error().code == base::Code::kInvalid;
  return report(status.error(), wrong_setting ? kWrongUse : kFailed);
}

}  // namespace ashlar::app
