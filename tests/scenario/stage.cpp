#include "tests/scenario/stage.hpp"

#include <cstdlib>
#include <fstream>

#include "tests/scenario/actor.hpp"
#include "tests/support/h248_loop.hpp"

namespace scenario {
namespace {

class NearStage final : public Stage {
 public:
  NearStage(controller::Options options, const test::ControllerRoom::Carrier& carrier)
      : actor_(std::move(options), carrier) {}

  ng::Dictionary run(const ng::Request& request) override { return actor_.room.run(request); }
  void pass(base::Duration time) override { actor_.room.pass(time); }
  void tell(iq::Event event, const std::string& why) override { actor_.room.gateway.tell(event, why); }
  test::FakeGateway& gateway() override { return actor_.room.gateway; }
  State state() override { return actor_.state(); }

 private:
  Actor actor_;
};

/// Leaves its messages in the file that POSTERN_H248_MESSAGES names, a NUL behind each, for other programs to
/// look at.
class RecordedLoop final : public iq::MediaGateway {
 public:
  RecordedLoop(test::FakeGateway& gateway, const test::H248Loop::Options& options)
      : loop_(gateway, options) {}
  ~RecordedLoop() override {
    const char* path = std::getenv("POSTERN_H248_MESSAGES");
    if (path == nullptr) return;
    std::ofstream file(path, std::ios::binary | std::ios::app);
    for (const auto& message : loop_.messages) file << message << '\0';
  }
  void execute(iq::Request request, Done done) override {
    loop_.execute(std::move(request), std::move(done));
  }
  void set_listener(Listener listener) override { loop_.set_listener(std::move(listener)); }

 private:
  test::H248Loop loop_;
};

}  // namespace

std::unique_ptr<Stage> near_stage(controller::Options options) {
  return std::make_unique<NearStage>(std::move(options), nullptr);
}

std::unique_ptr<Stage> loop_stage(controller::Options options, const std::vector<Realm>& realms) {
  test::H248Loop::Options loop;
  for (const auto& realm : realms) loop.realms.push_back({realm.name, realm.ipv6});
  return std::make_unique<NearStage>(std::move(options), [loop](test::FakeGateway& gateway) {
    return std::make_unique<RecordedLoop>(gateway, loop);
  });
}

}  // namespace scenario
