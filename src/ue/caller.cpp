#include "ue/caller.hpp"

#include "base/text.hpp"

namespace ue {
namespace {

constexpr std::size_t tag_length = 10;
/// RFC 5547 6: "a token", chosen so that no other transfer has it.
constexpr std::size_t transfer_id_length = 32;

}  // namespace

Caller::Caller(const Tools& tools, Signalling& signalling, NgClient* ng, std::function<void(int)> done)
    : tools_(tools),
      signalling_(signalling),
      ng_(ng),
      done_(std::move(done)),
      from_tag_(base::random_token(tools.random, tag_length)),
      to_tag_(base::random_token(tools.random, tag_length)) {}

void Caller::start() {
  auto options = tools_.conversation();
  if (!open_file(options)) return;
  conversation_ = std::make_unique<Conversation>(tools_.reactor, tools_.random, tools_.tls, options,
                                                 tools_.output, *this);
  auto offer = conversation_->endpoint().make_offer();
  if (!offer) return fail(offer.error().why);
  if (ng_ == nullptr) return post_offer(*std::move(offer));
  auto request = ng_request(ng::Command::offer);
  request.sdp = *std::move(offer);
  ng_offered_ = true;
  ng_command(request, [this](const ng::Dictionary& reply) { post_offer(std::string(reply.text("sdp"))); });
}

/// RFC 5547 8.1: one file, one media section, sendonly, named by its selector.
bool Caller::open_file(Conversation::Options& options) {
  if (tools_.arguments.file.empty()) return true;
  auto file = FileSource::open(tools_.arguments.file);
  if (!file) return fail(file.error().why), false;
  auto sha256 = (*file)->sha256();
  if (!sha256) return fail(sha256.error().why), false;
  file_ = *std::move(file);
  file_sha256_ = *std::move(sha256);
  auto& local = options.endpoint.local;
  local.direction = sdp::Direction::sendonly;
  local.file.emplace();
  local.file->selector.name = base_name(tools_.arguments.file);
  local.file->selector.size = file_->size();
  local.file->selector.type =
      tools_.arguments.content_type.empty() ? "application/octet-stream" : tools_.arguments.content_type;
  local.file->selector.hashes = {{"sha-256", file_sha256_}};
  local.file->transfer_id = base::random_token(tools_.random, transfer_id_length);
  local.file->disposition = "attachment";
  return true;
}

ng::Request Caller::ng_request(ng::Command command) const {
  ng::Request out;
  out.command = command;
  out.call_id = conversation_->endpoint().local().origin_id;
  out.from_tag = from_tag_;
  if (command == ng::Command::answer) out.to_tag = to_tag_;
  const bool exchange = command == ng::Command::offer || command == ng::Command::answer;
  const auto& [sender, recipient] = tools_.arguments.direction;
  if (exchange && !sender.empty()) out.direction = ng::Direction{sender, recipient};
  return out;
}

/// Also the flags of the command line: bare ones into `flags`, KEY=VALUE as a key of its own.
void Caller::ng_command(const ng::Request& request, std::function<void(const ng::Dictionary&)> done) {
  auto dictionary = ng::print_request(request);
  if (!request.sdp.empty()) {
    ng::List bare;
    for (const auto& flag : tools_.arguments.flags) {
      std::string_view value(flag);
      const auto key = base::take_until(value, '=');
      if (key.size() == flag.size()) {
        bare.emplace_back(flag);
      } else {
        dictionary.set(key, value);
      }
    }
    if (!bare.empty()) dictionary.set("flags", std::move(bare));
  }
  ng_->request(dictionary, [this, done = std::move(done)](const NgClient::Reply& reply) {
    if (state_ != State::offering) return;
    if (reply) return done(*reply);
    if (!posted_) ng_offered_ = false;  // the offer was refused
    fail(reply.error().why);
  });
}

void Caller::post_offer(std::string sdp) {
  ng::Dictionary fields;
  fields.append("call", conversation_->endpoint().local().origin_id);
  fields.append("to", tools_.arguments.to);
  fields.append("sdp", sdp);
  tools_.output.note("offered", std::move(fields), "calling " + tools_.arguments.to);
  signalling_.offer(tools_.arguments.to, std::move(sdp), tools_.arguments.timeout, [this](auto answer) {
    if (state_ != State::offering) return;
    if (answer) return on_answer(*answer);
    posted_ = false;
    fail(answer.error().why);
  });
  posted_ = true;
}

void Caller::on_answer(const std::string& sdp) {
  if (ng_ == nullptr) return connect(sdp);
  auto request = ng_request(ng::Command::answer);
  request.sdp = sdp;
  ng_command(request, [this](const ng::Dictionary& reply) {
    gateway_why_ = reply.text("why");
    connect(std::string(reply.text("sdp")));
  });
}

void Caller::connect(const std::string& sdp) {
  state_ = State::connecting;
  const auto taken = conversation_->endpoint().take_answer(sdp);
  if (taken) return;
  const auto gateway =
      gateway_why_.empty() ? "" : " (the gateway: " + base::printable(gateway_why_, 300) + ")";
  fail("the answer cannot be used: " + taken.error().why + gateway);
}

void Caller::on_connected(Conversation&) {
  state_ = State::talking;
  if (tools_.arguments.command == Command::send) return send_what_was_asked();
  input_ = std::make_unique<ChatInput>(tools_, *conversation_,
                                       ChatInput::Handlers{.on_quit =
                                                               [this] {
                                                                 quit_ = input_ended_ = true;
                                                                 on_progress(*conversation_);
                                                               },
                                                           .on_end =
                                                               [this] {
                                                                 input_ended_ = true;
                                                                 on_progress(*conversation_);
                                                               }});
}

void Caller::send_what_was_asked() {
  const auto& arguments = tools_.arguments;
  input_ended_ = true;
  if (file_) {
    const auto type = arguments.content_type.empty() ? "application/octet-stream" : arguments.content_type;
    conversation_->send_file(std::move(file_), base_name(arguments.file), file_sha256_, type);
  } else {
    conversation_->say(arguments.text,
                       arguments.content_type.empty() ? "text/plain" : arguments.content_type);
  }
}

/// A chat outlives a message that failed; a transfer does not.
void Caller::on_progress(Conversation& conversation) {
  if (state_ != State::talking) return;
  const bool replies = quit_ || conversation.received() >= tools_.arguments.wait_reply;
  const bool over = input_ended_ && conversation.pending() == 0 && replies;
  const bool lost = tools_.arguments.command == Command::send && conversation.failed();
  if (over || lost) finish();
}

void Caller::on_ended(Conversation& conversation, const std::string& why) {
  ended_ = true;
  if (state_ == State::ending) return say_bye();
  const bool over = tools_.arguments.command == Command::chat && conversation.connected() && why.empty();
  if (!over) return fail(why.empty() ? "the peer ended the call" : why);
  tools_.output.line("the peer ended the call");
  finish();
}

void Caller::fail(const std::string& why) {
  if (state_ == State::ending || state_ == State::done) return;
  failed_ = true;
  tools_.output.error(why);
  finish();
}

void Caller::interrupt() {
  if (state_ == State::ending) return done_(exit_failed);  // asked twice
  fail("interrupted");
}

/// While the call still stands: what its legs at the gateway look like.
void Caller::finish() {
  if (state_ == State::ending || state_ == State::done) return;
  state_ = State::ending;
  if (conversation_ && conversation_->pending() > 0) {
    failed_ = true;
    conversation_->give_up();
  }
  if (!ng_offered_) return close();
  ng_->request(ng::print_request(ng_request(ng::Command::query)), [this](const NgClient::Reply& reply) {
    if (reply) {
      gateway_ = *reply;
    } else {
      tools_.output.error(reply.error().why);
    }
    close();
  });
}

void Caller::close() {
  if (!conversation_ || ended_) return say_bye();
  conversation_->endpoint().close();
}

void Caller::say_bye() {
  left_ = 1;
  if (posted_) {
    ++left_;
    const auto& call = conversation_->endpoint().local().origin_id;
    signalling_.bye(tools_.arguments.to, call, [this] { one_less(); });
  }
  if (ng_offered_) {
    ++left_;
    ng_->request(ng::print_request(ng_request(ng::Command::delete_call)), [this](const auto& reply) {
      if (!reply) tools_.output.error(reply.error().why);
      one_less();
    });
  }
  one_less();
}

void Caller::one_less() {
  if (--left_ > 0) return;
  state_ = State::done;
  print_summary();
  const bool good = !failed_ && conversation_ && conversation_->connected() && !conversation_->failed();
  done_(good ? exit_good : exit_failed);
}

void Caller::print_summary() {
  if (!conversation_ || !conversation_->connected()) return;
  auto fields = conversation_->summary();
  fields.append("call", conversation_->endpoint().local().origin_id);
  fields.append("delivered", conversation_->delivered());
  fields.append("messages-received", conversation_->received());
  if (!gateway_.empty()) fields.append("gateway", gateway_);
  const auto facts = conversation_->endpoint().facts();
  tools_.output.note("summary", std::move(fields),
                     std::to_string(conversation_->delivered()) + " delivered, " +
                         std::to_string(conversation_->received()) + " received, " +
                         human_octets(static_cast<double>(facts.counters.sent.octets)) + " out, " +
                         human_octets(static_cast<double>(facts.counters.received.octets)) + " in");
}

}  // namespace ue
