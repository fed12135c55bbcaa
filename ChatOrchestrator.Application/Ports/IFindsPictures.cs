namespace ChatOrchestrator.Application.Ports;

/// <summary>Finds what an answer shows beside its words.</summary>
public interface IFindsPictures
{
    /// <summary>The addresses of the pictures that are sent with an answer.</summary>
    IReadOnlyList<string> PicturesOf(string answer);
}
