#include "modules/documents/testing/documents_fixture.h"

#include "modules/documents/documents_store.h"

namespace ashlar::documents {

Process::Process(std::unique_ptr<storage::Database> opened, const DocumentsModule::Options& options)
    : db(std::move(opened)), keys(*db, clock, entropy, {"documents:read", "documents:write"}) {
  module.emplace(options, *db, outbox, keys, clock, entropy, metrics, log);
  module->documents.start();
}

// The database's threads call those who have subscribed.
Process::~Process() {
  module->documents.stop();
  db.reset();
}

base::Result<std::shared_ptr<Document>> Process::open(const std::string& name, Access access,
                                                      base::TenantId tenant) {
  Visitor visitor;
  visitor.tenant = tenant;
  visitor.user = "alice";
  visitor.access = visitor.cap = access;
  std::promise<base::Result<std::shared_ptr<Document>>> done;
  module->documents.open(visitor, name, [&](base::Result<std::shared_ptr<Document>> document) {
    done.set_value(std::move(document));
  });
  return done.get_future().get();
}

std::shared_ptr<Document> Process::visit(const std::string& name, Guest& guest,
                                         const std::string& user, Access access,
                                         std::int64_t token) {
  const auto document = open(name, Access::kWrite);
  EXPECT_TRUE(document.ok());
  Visitor visitor;
  visitor.tenant = kAlice;
  visitor.user = user;
  visitor.access = visitor.cap = access;
  visitor.token = token;
  const auto joined = on(*document, [&] { return (*document)->join(guest, visitor); });
  EXPECT_TRUE(joined.ok());
  return *document;
}

base::Result<Pushed> Process::push(const std::shared_ptr<Document>& document, Guest& guest,
                                   const std::string& update, Ticket ticket) {
  return on(document, [&] { return document->push(guest, update, ticket); });
}

void Process::leave(const std::shared_ptr<Document>& document, Guest& guest) {
  on(document, [&] { document->leave(guest); });
}

std::string Process::text(const std::string& name) {
  const auto document = open(name, Access::kRead);
  if (!document.ok()) return std::string("error: ") + document.error().reason;
  return on(*document,
            [&] { return static_cast<LiveDocument&>(**document).doc().text("content"); });
}

void DocumentsFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
}

DocumentsModule::Options DocumentsFixture::options() {
  DocumentsModule::Options options;
  options.token_secret = std::string(DocumentTokens::kSecretBytes, 't');
  options.documents.threads = 2;
  options.documents.live.announce_after = base::Millis{100};
  return options;
}

std::unique_ptr<Process> DocumentsFixture::start(
    std::function<std::unique_ptr<storage::Database>(std::unique_ptr<storage::Database>)> around,
    const DocumentsModule::Options& with) {
  auto opened = store_->open();
  EXPECT_TRUE(opened.ok());
  auto db = std::move(*opened);
  if (around) db = around(std::move(db));
  return std::make_unique<Process>(std::move(db), with);
}

base::Status DocumentsFixture::remove(Process& process, const std::string& name) {
  return process.db->write(
      storage::Context::tenant(kAlice), [&](storage::Transaction& tx) -> base::Status {
        ASHLAR_ASSIGN(const auto row, store::find(tx, name));
        ASHLAR_TRY(store::remove(tx, row->no, process.clock.now()));
        tx.notify(Documents::kChannel, Documents::document_deleted(kAlice, name));
        return base::ok_status();
      });
}

}  // namespace ashlar::documents
