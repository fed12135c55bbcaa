using ChatOrchestrator.Application.Moderation;

namespace ChatOrchestrator.Tests.Moderation;

public sealed class WordListTests
{
    private readonly WordList _list = new(["darn", "bad apple", "fool*", "Straße", "馬鹿"]);

    [Theory]
    [InlineData("Darn!")]
    [InlineData("well,darn.")]
    [InlineData("d\u200barn")]
    [InlineData("ｄａｒｎ")]
    [InlineData("dàrñ")]
    [InlineData("𝐝𝓪𝔯𝖓 ⓓⓐⓡⓝ")]
    [InlineData("**darn**")]
    [InlineData("a bad\n apple")]
    [InlineData("bad-apple")]
    [InlineData("such foolishness")]
    [InlineData("STRASSE or Straße")]
    [InlineData("お前は馬鹿だ")]
    public void What_stands_in_the_list_is_found_however_it_is_written(string text) => _list.Matches(text).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("darning socks")]
    [InlineData("an apple, bad")]
    [InlineData("a bad red apple")]
    [InlineData("tomfool")]
    [InlineData("\ud83d half a pair")]
    public void What_does_not_is_not(string text) => _list.Matches(text).ShouldBeFalse();

    [Fact]
    public void Nothing_is_found_by_an_empty_list()
    {
        new WordList([" ", "*", "!?"]).IsEmpty.ShouldBeTrue();
        new WordList([]).Matches("darn").ShouldBeFalse();
    }
}
