#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "gateway/leg.hpp"
#include "proto/msrp/head_view.hpp"

namespace gateway {

/// What a link needs of its connection.
class Wire {
 public:
  /// One after the other.
  virtual void write(std::initializer_list<std::string_view> pieces) = 0;
  /// The peer does not take what was written: no more, please, until Link::on_room().
  virtual bool blocked() = 0;
  /// Calls Link::go_on() soon: at once after everybody else's turn, or after a while.
  virtual void again() = 0;
  virtual void again_in(base::Duration after) = 0;
  virtual base::Time now() const = 0;

 protected:
  ~Wire() = default;
};

/// Knows to which session a request belongs.
class Router {
 public:
  struct Route {
    Leg* leg = nullptr;        // it belongs there
    std::uint16_t refuse = 0;  // no leg: it is answered with this; 0: who it belongs to shows later
    Leg* asked = nullptr;      // whose peer it came from, as far as that is known: for the counters
  };
  virtual Route route(Link& link, const msrp::HeadView& request) = 0;
  /// The leg that a response may belong to; null: nobody asked.
  virtual Leg* route_response(Link& link, const msrp::HeadView& response) = 0;

 protected:
  ~Router() = default;
};

/// MSRP over one connection of the gateway: takes the peer's octets, sends each message on over the link of
/// its session's other leg with the paths rewritten, and answers what belongs to no session
/// (TS 23.334 5.19.5; RFC 4975 5.4, 7.3). A body is passed on as it comes. As a sink it serves one message at
/// a time: who has begun one writes on until its end, or until others wait and 2048 octets have gone; then
/// the message goes on as another chunk (RFC 4975 7.1.1).
///
/// Octets that are not taken now, because the sink is busy or full, the session is not ready or its rate is
/// used up, stay here, and hungry() is false: who then reads no more slows the peer down.
class Link {
 public:
  /// Own answers that wait for the end of a chunk, or for room; beyond, the peer's requests wait.
  static constexpr std::size_t most_replies = std::size_t{16} * 1024;
  /// Octets of body of a request other than SEND, which is never cut into chunks: beyond it is refused with
  /// 413 (RFC 4975 7.1.1).
  static constexpr std::size_t most_whole = 10240;
  /// Octets of complete messages that one source may write before those who wait have their turn.
  static constexpr std::size_t turn = std::size_t{64} * 1024;
  /// Of transaction ids of our own: 67 bits (RFC 4975 7.1).
  static constexpr std::size_t token_length = 13;
  /// Octets of whole messages to sessions that are not open yet, which the others of the connection need not
  /// wait for. Beyond it they do.
  static constexpr std::size_t most_aside = std::size_t{64} * 1024;
  /// An unfinished chunk whose sender is silent for so long ends for those who wait, however short it is.
  static constexpr base::Duration silence = std::chrono::seconds(1);

  /// `mints`: several sessions may use it, whose ids could be the same: requests go out with the gateway's
  /// own.
  Link(Wire& wire, Router& router, base::Random& random, bool mints);
  /// Every leg has left it.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// The peer's next octets: all are taken over.
  void take(std::string_view octets);
  /// What has been stopping the input may be over.
  void go_on();
  /// The connection takes octets again.
  void on_room();
  bool hungry() const noexcept { return !stopped_ && !broken_; }
  /// Nothing of what it has taken waits for a session.
  bool is_drained() const noexcept { return hungry() && asides_.empty(); }
  /// Octets that wait here.
  std::size_t held() const noexcept { return carry_.size(); }
  /// Not MSRP: nothing more will be understood. why() says what was wrong.
  bool broken() const noexcept { return broken_; }
  const std::string& why() const noexcept { return why_; }
  /// The connection has ended: what has begun of a message is aborted on the other side ("#").
  void end();
  /// That session is over, or leaves this connection.
  void forget(Leg& leg);
  /// The far end of that session has lost its connection: what had begun has failed (RFC 4975 10.4: 408).
  void lose_receiver(Leg& leg);
  /// Binds the connection to that session by a SEND without a body, which nobody has to answer.
  void greet(Leg& leg);
  /// Has go_on() called soon.
  void wake();

 private:
  /// The SEND whose octets are coming in, where it was not complete at once.
  struct Inbound {
    Leg* leg = nullptr;  // null: it is swallowed
    std::string id, message_id;
    bool wants_answer = true;
    bool wants_ok = true;
    msrp::BodyScanner body;
    std::uint64_t position = 0;  // octets of the message before this chunk, as it says
    std::uint64_t before = 0;    // as they were counted, where there is a policy
    std::uint64_t octets = 0;    // octets of this chunk so far
    // As it goes out.
    bool open = false;  // a part of it is being written
    std::string token;  // of minted ids; empty: it has its own id
    std::string part_id;
    std::uint64_t part_octets = 0;
    std::uint64_t parts = 0;
    std::string fields;        // of the parts to come: all but paths and Byte-Range
    std::size_t range_at = 0;  // where in them the Byte-Range stood
    std::string total;         // of the Byte-Range
    base::Time last{};         // when octets of it came
  };

  // Input (link.cpp).
  std::size_t run(std::string_view in);
  std::size_t stop() noexcept;
  std::size_t head(std::string_view in);
  std::size_t request(const msrp::HeadView& head, std::string_view in);
  void leave_it_with_the_peer();
  std::size_t swallow(const msrp::HeadView& head);
  std::size_t response(const msrp::HeadView& head, std::string_view in);
  void answer_part(const msrp::HeadView& head, Leg& to, const std::string& token);
  std::size_t body(std::string_view in);
  std::size_t pass_body(std::string_view in, const msrp::BodyScanner::Found& found);

  // Messages that wait for their session (link_aside.cpp).
  struct Aside {
    Leg* leg;  // null: that session is over, or has lost its connection
    base::Buffer octets;
  };
  bool must_wait(const Leg& leg) const noexcept;
  std::size_t set_aside(Leg& leg, const msrp::HeadView& head, std::string_view in);
  Aside* next_aside() noexcept;
  void replay();

  // Policies (link_policy.cpp).
  std::uint16_t refusal(const Leg& leg, const msrp::HeadView& head, std::size_t body) const;
  std::size_t refuse(const msrp::HeadView& head, std::uint16_t status, Leg* leg);
  bool over_rate(Leg& leg);
  void reject(std::uint16_t status);
  static void note_end(Leg& leg, std::string_view message_id, std::uint64_t octets, char flag);

  // Its way out (link_output.cpp).
  std::size_t pass_whole(const msrp::HeadView& head, Leg& leg, std::string_view in,
                         const msrp::BodyScanner::Found& body);
  void pass_response(const msrp::HeadView& head, Leg& to, std::string_view id, bool to_send);
  std::string mint_whole(const msrp::HeadView& head, Leg& leg);
  void begin(const msrp::HeadView& head, Leg& leg);
  void keep_fields(const msrp::HeadView& head);
  void mint();
  void next_part();
  std::string part_head() const;
  bool open_part();
  void close_part(char flag);
  std::size_t write_body(std::string_view octets);
  bool finish(char flag);
  void drop_inbound();
  void conclude(Leg& leg, const std::string& token);
  void cut();
  void give_up(std::uint16_t status);
  void cut_off(const std::string& token);

  // As a sink, and as one who waits for a sink (link_sink.cpp).
  bool admits(Link& source);
  void interrupt();
  bool is_wanted() const noexcept { return !replies_.empty() || !waiters_.empty(); }
  void leave(Link& source);
  std::size_t wait_for(Link& sink);
  void stop_waiting();
  static void write_to(Leg& leg, std::initializer_list<std::string_view> pieces);
  void write_own(std::initializer_list<std::string_view> pieces);
  void write_own_of(Leg& leg, std::initializer_list<std::string_view> pieces);
  void answer(Leg& leg, std::string_view id, std::uint16_t status, std::string_view comment = {});
  void reply(Leg* leg, std::string_view id, std::uint16_t status, std::string_view paths,
             std::string_view comment);
  void hurry();
  void send_replies();

  Wire& wire_;
  Router& router_;
  base::Random& random_;
  const bool mints_;
  bool stopped_ = false;
  bool broken_ = false;
  bool paused_ = false;  // by the rate
  bool in_body_ = false;
  std::string why_;
  base::Buffer carry_;
  msrp::HeadScanner scanner_;
  Inbound in_;
  std::list<Aside> asides_;
  Aside* replayed_ = nullptr;  // whose octets are being gone through
  Leg* last_ = nullptr;        // whose request came last
  Leg* whose_ = nullptr;       // the octets of this step are; only while it goes on
  Link* waits_for_ = nullptr;

  Link* writer_ = nullptr;   // whose message is being written here
  Link* turn_of_ = nullptr;  // who wrote last; only to be compared
  std::size_t turn_octets_ = 0;
  std::vector<Link*> waiters_;  // in the order of their coming
  base::Buffer replies_;        // whole messages
};

}  // namespace gateway
