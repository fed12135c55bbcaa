using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <inheritdoc/>
internal sealed class AnswerPictures : IFindsPictures
{
    public IReadOnlyList<string> PicturesOf(string answer) =>
        [.. AnswerBlocks.Read(answer).OfType<MediaBlock>().Where(m => m.Kind == AttachmentKind.Image).Select(m => m.Url.AbsoluteUri)];
}
