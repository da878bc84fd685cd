#pragma once
// Plays a transcript: a controller on a gateway that only remembers, with the names and holes of the script.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/scenario/script.hpp"
#include "tests/scenario/stage.hpp"

namespace scenario {

/// What lies between the controller and the gateway.
enum class Carrier {
  direct,
  loop,  // H.248 messages, in memory
  udp,   // H.248 between two processes
  tcp,
};

class Player {
 public:
  explicit Player(const Script& script, Carrier carrier = Carrier::direct);
  /// What is wrong, step by step; empty: all is as it stands there.
  std::string play();
  /// The transcript's commands with the replies and legs as they really are, for who writes one.
  std::string actual();

 private:
  static controller::Options options_of(const Script& script);
  static std::unique_ptr<Stage> stage_of(const Script& script, Carrier carrier);
  void command(const Step& step);
  void exchange(const Step& step, ng::Command what);
  void reply(const Step& step);
  void check(const Step& step);
  void check_leg(const Step& step);
  void check_query(const Step& step);
  std::string last_released();
  std::string reply_as_text() const;
  std::string legs_as_text() const;
  void match(const std::string& expected, std::string_view found, const Step& step, const std::string& what);
  void fail(const Step& step, const std::string& what);
  std::string fill(const std::string& text) const;
  std::string on_wire(const std::string& text) const;

  const Script& script_;
  std::map<std::string, std::string> holes_;
  std::unique_ptr<Stage> stage_;
  ng::Dictionary answer_;
  std::string wrong_;
};

}  // namespace scenario
